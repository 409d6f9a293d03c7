import fc from 'fast-check'
import { KEYS, type Value } from './grammar.ts'
import { PIECES } from './pieces.ts'

/** What stands before a value in YAML: a tag or an anchor; or in its place: an alias. */
interface Marked {
  mark: string
  value: Written | undefined
}

/** A tree as it can be written in YAML. */
export type Written = string | number | boolean | null | Written[] | Marked | Map<string, Written>

/** A value as a tree whose places can be edited. */
export function writable(value: Value): Written {
  if (Array.isArray(value)) return value.map(writable)
  if (typeof value !== 'object' || value === null) return value
  return new Map(Object.entries(value).map(([key, inner]) => [key, writable(inner)]))
}

/** YAML on one line; a key that starts with `<<` is one of merging. */
export function written(tree: Written): string {
  if (Array.isArray(tree)) return `[${tree.map(written).join(', ')}]`
  if (tree instanceof Map)
    return `{${[...tree].map(([key, value]) => `${keyOf(key)}: ${written(value)}`).join(', ')}}`
  if (typeof tree !== 'object' || tree === null) return JSON.stringify(tree)
  return `${tree.mark} ${tree.value === undefined ? '' : written(tree.value)}`
}

function keyOf(key: string): string {
  return key === '<<' ? key : JSON.stringify(key)
}

const MARKS = ['!reset', '!override', '&a', '&b', '!!str', '!!int', '!unknown', '&a !reset']

const scalar = fc.oneof(
  fc.constantFrom<Written>(...PIECES, null, true, false, 0, -1, 1.5, 1e300, 65536),
  fc.string({ unit: 'binary', maxLength: 6 }),
)
const alias = fc.constantFrom<Written>({ mark: '*a', value: undefined }, { mark: '*b', value: undefined })
const key = fc.oneof(
  { arbitrary: fc.constantFrom(...KEYS), weight: 6 },
  { arbitrary: fc.constantFrom('a', 'b', 'x-a', '<<', 'default', '__proto__', ''), weight: 3 },
  { arbitrary: fc.string({ maxLength: 4 }), weight: 1 },
)

/** Any tree, with keys of the grammar at any place. */
export const anyTree: fc.Arbitrary<Written> = fc.letrec<{ tree: Written }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    { arbitrary: scalar, weight: 4 },
    { arbitrary: alias, weight: 1 },
    { arbitrary: fc.array(tie('tree'), { maxLength: 4 }), weight: 2 },
    {
      arbitrary: fc.array(fc.tuple(key, tie('tree')), { maxLength: 4 }).map((all) => new Map(all)),
      weight: 4,
    },
    {
      arbitrary: fc.record({ mark: fc.constantFrom(...MARKS), value: tie('tree') }),
      weight: 1,
    },
  ),
})).tree

/** What is done to a tree at the place with a number, counted from the root. */
type Edit =
  | { kind: 'remove'; at: number }
  | { kind: 'replace'; at: number; tree: Written }
  | { kind: 'insert'; at: number; key: string; tree: Written }
  | { kind: 'mark'; at: number; mark: string }
  | { kind: 'move' | 'copy'; at: number; to: number }

const at = fc.nat(500)
export const edits: fc.Arbitrary<Edit[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('remove' as const), at }),
    fc.record({ kind: fc.constant('replace' as const), at, tree: anyTree }),
    fc.record({ kind: fc.constant('insert' as const), at, key, tree: anyTree }),
    fc.record({ kind: fc.constant('mark' as const), at, mark: fc.constantFrom(...MARKS) }),
    fc.record({ kind: fc.constantFrom('move' as const, 'copy' as const), at, to: at }),
  ),
  { minLength: 1, maxLength: 5 },
)

export function edited(tree: Written, changes: readonly Edit[]): Written {
  return changes.reduce(edit, tree)
}

function edit(tree: Written, change: Edit): Written {
  const places = placesOf(tree)
  const place = places[change.at % places.length] ?? tree
  const swapped = (to: Written | undefined) => replaced(tree, place, to)
  if (change.kind === 'remove') return swapped(undefined) ?? tree
  if (change.kind === 'mark') return swapped({ mark: change.mark, value: place }) ?? tree
  if (change.kind === 'replace') return swapped(change.tree) ?? tree
  if (change.kind === 'insert') return swapped(inserted(place, change.key, change.tree)) ?? tree
  const target = places[change.to % places.length] ?? tree
  const without = change.kind === 'move' ? (swapped(undefined) ?? tree) : tree
  return replaced(without, target, inserted(target, `x${change.at}`, place)) ?? tree
}

/** Every value of a tree that is no shared one. */
function placesOf(tree: Written): Written[] {
  return [tree, ...valuesOf(tree).flatMap(placesOf)]
}

function valuesOf(tree: Written): Written[] {
  if (Array.isArray(tree)) return tree
  if (tree instanceof Map) return [...tree.values()]
  return typeof tree === 'object' && tree?.value !== undefined ? [tree.value] : []
}

/** The tree with something in the place of a value; undefined where nothing is left. */
function replaced(tree: Written, place: Written, by: Written | undefined): Written | undefined {
  if (tree === place) return by
  const inner = (value: Written) => replaced(value, place, by)
  if (Array.isArray(tree)) return tree.map(inner).filter((item) => item !== undefined)
  if (tree instanceof Map) {
    const made = [...tree].map(([key, value]) => [key, inner(value)] as const)
    return new Map(made.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])))
  }
  if (typeof tree !== 'object' || tree === null) return tree
  return { mark: tree.mark, value: tree.value === undefined ? undefined : inner(tree.value) }
}

function inserted(place: Written, key: string, tree: Written): Written {
  if (Array.isArray(place)) return [...place, tree]
  return place instanceof Map ? new Map([...place, [key, tree]]) : tree
}
