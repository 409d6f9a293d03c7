import { expect, test } from 'vitest'
import { findFiles } from '../../../../controller/cli/project/find-files.ts'

// Behaviour 59: what is found, seen from /a/b, and what is told.
test.each<[string[], string[], string[]]>([
  [['/a/b/compose.yaml'], ['/a/b/compose.yaml'], []],
  [['/a/b/docker-compose.yaml'], ['/a/b/docker-compose.yaml'], []],
  [['/a/docker-compose.yml', '/compose.yaml'], ['/a/docker-compose.yml'], []],
  [
    ['/a/b/docker-compose.yml', '/a/b/compose.yml'],
    ['/a/b/compose.yml'],
    ['compose.yml is used, not docker-compose.yml; remove one, or choose with -f'],
  ],
  [
    ['/a/compose.yaml', '/a/docker-compose.override.yml', '/a/b/compose.override.yml'],
    ['/a/compose.yaml', '/a/docker-compose.override.yml'],
    [],
  ],
  [
    ['/a/b/compose.yaml', '/a/b/compose.override.yaml', '/a/b/compose.override.yml'],
    ['/a/b/compose.yaml', '/a/b/compose.override.yml'],
    ['compose.override.yml is used, not compose.override.yaml; remove one, or choose with -f'],
  ],
  [['/a/b/compose.override.yaml', '/a/b/other.yaml'], [], []],
])('of %j', (there, files, warnings) => {
  expect(findFiles('/a/b', (path) => there.includes(path))).toEqual({ files, warnings })
})
