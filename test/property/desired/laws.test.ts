import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { canonicalise } from '../../../controller/desired/compose/canonical/canonicalise.ts'
import { merge } from '../../../controller/desired/compose/composition/merge.ts'
import { composeFile } from '../../../controller/desired/compose/model/compose-file.ts'
import { projectJson, projectYaml } from '../../../controller/desired/compose/print/print.ts'
import { loadProject, type Project } from '../../../controller/desired/compose/project.ts'
import { cursorAt } from '../../../controller/desired/cursor.ts'
import type { Files } from '../../../controller/desired/files/files.ts'
import type { MapNode, Node } from '../../../controller/desired/yaml/node.ts'
import { parse } from '../../../controller/desired/yaml/parse.ts'
import { formatProblem } from '../../../schemas/problem.ts'
import { project, type Value } from './grammar.ts'
import { runs } from './runs.ts'

/** Absolute, so that what is printed means the same wherever it is loaded. */
const FOLDER = '/srv/web'

function filesAt(contents: Map<string, string>): Files {
  return { read, list: () => undefined, identity: (path) => contents.get(path), seen: new Map() }

  function read(path: string): ReturnType<Files['read']> {
    const text = contents.get(path)
    if (text === undefined) return { problem: `there is no file ${path}`, missing: true }
    const bytes = Buffer.from(text)
    return { file: { path, size: bytes.length, kind: 'file', hash: text, content: bytes }, bytes }
  }
}

/** The project of some files, which must have no error. */
function loaded(...texts: string[]): Project {
  const compose = texts.map((_, at) => `${FOLDER}/${at}.yaml`)
  const contents = texts.map((text, at): [string, string] => [`${FOLDER}/${at}.yaml`, text])
  const { project, problems } = loadProject({
    files: filesAt(new Map([...contents, [`${FOLDER}/a.env`, 'A=1\nB=$HOME\n']])),
    compose,
    directory: FOLDER,
    name: 'web',
    variables: (name) => (name === 'HOME' ? '/root' : undefined),
    unset: 'blank',
    profiles: ['*'],
    home: '/root',
  })
  expect(problems.filter(({ severity }) => severity === 'error').map(formatProblem)).toEqual([])
  if (!project) throw new Error('there is no project and no error')
  return project
}

const yamlOf = (value: Value) => stringify(value, { aliasDuplicateObjects: false })

function canonical(value: Value): MapNode {
  const [root] = parse('f', JSON.stringify(value)).documents
  if (!root) throw new Error('there is no document')
  const made = canonicalise(cursorAt(root, []), composeFile, { directory: FOLDER })
  if (made.kind !== 'map') throw new Error('the document is no mapping')
  return made
}

function plain(node: Node): Value {
  if (node.kind === 'list') return node.items.map(plain)
  if (node.kind === 'scalar') return node.value
  return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plain(value)]))
}

function reversed(value: Value): Value {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  )
}

/** Where Compose's merging is not associative: a change of driver drops options, and pools fill one another in. */
function associative(value: Value): Value {
  if (Array.isArray(value)) return value.map(associative)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([key]) => key !== 'logging' && key !== 'ipam')
  return Object.fromEntries(kept.map(([key, inner]) => [key, associative(inner)]))
}

describe('what the grammar allows', () => {
  test('loads, and printed as YAML loads as the same', () => {
    fc.assert(
      fc.property(project, (value) => {
        const once = projectYaml(loaded(yamlOf(value)))
        expect(projectYaml(loaded(once))).toBe(once)
      }),
      runs(100),
    )
  })

  test('printed as JSON loads as the same', () => {
    fc.assert(
      fc.property(project, (value) => {
        const once = JSON.stringify(projectJson(loaded(JSON.stringify(value))))
        expect(JSON.stringify(projectJson(loaded(once)))).toBe(once)
      }),
      runs(100),
    )
  })

  test('is canonical after one time', () => {
    fc.assert(
      fc.property(project, (value) => {
        const once = canonical(value)
        expect(plain(canonicalise(cursorAt(once, []), composeFile, { directory: FOLDER }))).toEqual(
          plain(once),
        )
      }),
      runs(100),
    )
  })

  test('means the same in any order of its keys', () => {
    fc.assert(
      fc.property(project, (value) => {
        expect(projectJson(loaded(JSON.stringify(reversed(value))))).toEqual(
          projectJson(loaded(JSON.stringify(value))),
        )
      }),
      runs(100),
    )
  })

  test.each(['services: {}', '{services: {a: {}}, networks: {}}', '--- # nothing\n', 'x-own: 1'])(
    'is not changed by %s over it',
    (override) => {
      fc.assert(
        fc.property(project, (value) => {
          const text = yamlOf(value)
          const { 'x-own': _, ...merged } = projectJson(loaded(text, override)) as { [key: string]: Value }
          const { 'x-own': __, ...alone } = projectJson(loaded(text)) as { [key: string]: Value }
          expect(merged).toEqual(alone)
        }),
        runs(25),
      )
    },
  )

  test('is merged the same from either end', () => {
    const file = project.map((value) => canonical(associative(value)))
    fc.assert(
      fc.property(file, file, file, (a, b, c) => {
        const over = (base: MapNode, later: MapNode) =>
          merge(base, later, { shape: composeFile, path: '', problems: [] })
        expect(plain(over(over(a, b), c))).toEqual(plain(over(a, over(b, c))))
      }),
      runs(60),
    )
  })
})
