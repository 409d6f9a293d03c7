import fc from 'fast-check'
import { test } from 'vitest'
import { project, type Value } from './grammar.ts'
import { runs } from './runs.ts'
import { expectSound, ROOT, type Tree } from './sound.ts'
import { anyTree, edited, edits, type Written, writable, written } from './trees.ts'

const BESIDE = {
  'web/a.env': 'A=1\nB=$A\nHOME\n',
  'web/sub/c.yaml': 'services: {c: {image: x, extends: b}, b: {image: y}}',
}

test('whatever tree stands in a file, the answer is a model or problems', () => {
  fc.assert(
    fc.property(anyTree, (tree) => expectSound({ ...BESIDE, [ROOT]: written(tree) })),
    runs(200),
  )
})

test('whatever a service is, the answer is a model or problems', () => {
  const root = (service: Written) =>
    new Map([
      [
        'services',
        new Map([
          ['a', service],
          ['b', new Map([['image', 'x']])],
        ]),
      ],
    ])
  fc.assert(
    fc.property(anyTree, (tree) => expectSound({ ...BESIDE, [ROOT]: written(root(tree)) })),
    runs(200),
  )
})

test('whatever is done to the tree of a good file, the answer is a model or problems', () => {
  fc.assert(
    fc.property(project, edits, (value, changes) =>
      expectSound({ ...BESIDE, [ROOT]: written(edited(writable(value), changes)) }),
    ),
    runs(120),
  )
})

/** How a project comes to have a second file, and what the first has then beside its own. */
const JOINS: Record<string, (other: string) => { root?: Value; more?: Tree }> = {
  include: (other) => ({
    root: { include: ['b.yaml', { path: 'b.yaml', env_file: 'a.env' }] },
    more: { 'web/b.yaml': other },
  }),
  override: (other) => ({ more: { 'web/compose.override.yaml': other } }),
  COMPOSE_FILE: (other) => ({
    more: { 'web/.env': 'COMPOSE_FILE=compose.yaml:b.yaml', 'web/b.yaml': other },
  }),
  extends: (other) => ({ root: { 'x-e': { extends: 'a' } }, more: { 'web/b.yaml': other } }),
  documents: () => ({}),
}

test('whatever several files are made of, the answer is a model or problems', () => {
  const how = fc.constantFrom(...Object.keys(JOINS))
  fc.assert(
    fc.property(project, edits, project, edits, how, (first, changes, second, others, how) => {
      const other = written(edited(writable(second), others))
      const { root = {}, more = {} } = JOINS[how]?.(other) ?? {}
      const base = { ...first, ...(root as { [key: string]: Value }), ...extending(how, first) }
      const text = written(edited(writable(base), changes))
      expectSound({ ...BESIDE, ...more, [ROOT]: how === 'documents' ? `${text}\n---\n${other}` : text })
    }),
    runs(80),
  )
})

/** The services, of which one extends one of the other file. */
function extending(how: string, { services }: { [key: string]: Value }): { [key: string]: Value } {
  if (how !== 'extends') return {}
  const own = services as { [key: string]: { [key: string]: Value } }
  return {
    services: {
      ...own,
      c: { ...own.c, extends: { file: 'b.yaml', service: 'b' } },
      a: { ...own.a, extends: 'c' },
    },
  }
}
