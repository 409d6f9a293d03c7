import { describe, expect, it } from 'vitest'
import { problemsOf, specOf } from '../support.ts'

const DB = `  db:
    image: db
    container_name: store
    tmpfs: /run
    volumes: ["data:/data", "/srv/in:/in:ro", {type: tmpfs, target: /fast}]
`
const VOLUMES = 'volumes: {data: , other: }\n'
const file = (lines: string, more = '') =>
  `services:\n  a:\n    image: x\n${lines
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')}\n${DB}${more}${VOLUMES}`

/** `target=source[:ro]` of the service `a`. */
const mountsOf = (yaml: string) =>
  specOf(yaml)
    .services.find(({ name }) => name === 'a')
    ?.container.mounts.map(({ source, target, readOnly }) => `${target}=${source}${readOnly ? ':ro' : ''}`)

const C = '  c: {image: c, volumes: ["other:/c", "other:/data"], volumes_from: [db]}\n'

describe('volumes_from', () => {
  it.each<[string, string[], string?]>([
    ['volumes_from: [db]', ['/data=web_data', '/in=/srv/in:ro']],
    ['volumes_from: ["db:rw"]', ['/data=web_data', '/in=/srv/in:ro']],
    ['volumes_from: ["db:ro"]', ['/data=web_data:ro', '/in=/srv/in:ro']],
    ['volumes_from: ["container:store:ro"]', ['/data=web_data:ro', '/in=/srv/in:ro']],
    ['volumes_from: [db]\nvolumes: ["other:/data/"]', ['/data=web_other', '/in=/srv/in:ro']],
    ['volumes_from: [db]\ntmpfs: /in', ['/data=web_data', '/in=']],
    ['volumes_from: [c]', ['/c=web_other', '/data=web_other', '/in=/srv/in:ro'], C],
    ['volumes_from: [c, db]', ['/c=web_other', '/data=web_data', '/in=/srv/in:ro'], C],
  ])('%s', (lines, mounts, more) => expect(mountsOf(file(lines, more))).toEqual(mounts))

  it('makes the volumes part of what a task is made of', () => {
    const fingerprint = (yaml: string) => specOf(yaml).services.find(({ name }) => name === 'a')?.fingerprint
    expect(fingerprint(file('volumes_from: [db]'))).toBe(
      fingerprint(file('volumes: ["data:/data", "/srv/in:/in:ro"]')),
    )
  })

  it.each<[string, string, string?]>([
    ['volumes_from: ["db:z"]', 'must be SERVICE, SERVICE:ro or SERVICE:rw, or the same after container:'],
    [
      'volumes_from: ["container:old"]',
      'no service here has the container_name old; name a service of this file, or share a volume that is external',
    ],
    [
      'volumes_from: [c]',
      'the volume at /c of c has no name, so that it cannot be shared; name it there',
      '  c: {image: c, volumes: [{type: volume, target: /c}]}\n',
    ],
  ])('%s is refused', (lines, message, more) => {
    expect(problemsOf(file(lines, more))).toContain(
      `web/compose.yaml:4:20 services.a.volumes_from[0]: ${message}`,
    )
  })

  it('tells where there is nothing to take over', () => {
    expect(problemsOf(file('volumes_from: [c]', '  c: {image: c}\n'))).toEqual([
      'notice web/compose.yaml:4:20 services.a.volumes_from[0]: c names no volumes; those that only its image declares are not shared',
    ])
  })
})
