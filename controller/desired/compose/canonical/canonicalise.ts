import { type Cursor, entriesOf, expected, itemsOf, notice, suggestion } from '../../cursor.ts'
import {
  broken,
  type Entry,
  isNull,
  type MapNode,
  type Node,
  quote,
  type ScalarNode,
} from '../../yaml/node.ts'
import { looseBoolean } from '../../yaml/scalar.ts'
import {
  isOwnKey,
  keyOf,
  type ListShape,
  type ScalarShape,
  type ScalarType,
  type Scope,
  type Shape,
  shapeUnder,
} from '../shape.ts'
import { checkDistinct } from './distinct.ts'
import { failUnknown } from './unknown-key.ts'

/**
 * One file in canonical form: every value checked against its shape and every short form made long, so that what
 * follows (merging, defaults, reading) knows one form of each field. A value that is wrong has its problem and is
 * `!broken` from then on. Keys that are required are looked for once all files are merged.
 */
export function canonicalise(at: Cursor, shape: Shape, scope: Scope): Node {
  const { node } = at
  if (node.tag === '!broken' || node.tag === '!reset') return node
  const checked = check(at, shape, scope)
  const made = checked && shape.canonical ? shape.canonical({ ...at, node: checked }, scope) : checked
  if (!made) return broken(node)
  return node.tag ? { ...made, tag: node.tag } : made
}

function check(at: Cursor, shape: Shape, scope: Scope): Node | undefined {
  const { node } = at
  if (node.kind === 'scalar') return scalar(at, node, shape)
  if (node.kind === 'list' && shape.list) return list(at, shape.list, scope)
  if (node.kind === 'map' && shape.map) return map({ ...at, node }, shape, scope)
  return expected(at, shape.expected)
}

function scalar(at: Cursor, node: ScalarNode, shape: Shape): Node | undefined {
  const rule = shape.scalar
  if (!rule?.types.some((type) => isOfType(node.value, type))) return unexpected(at, node, shape)
  const cast = rule.cast && typeof node.value === 'string' ? castTo(rule.cast, node) : node
  if (cast && isAllowed(cast, rule)) return told(at, cast)
  const near = rule.values && suggestion(at, node.text, rule.values)
  return expected(
    at,
    shape.expected,
    near === undefined ? {} : { advice: `did you mean ${near}?`, suggestion: near },
  )
}

/** What is taken for a boolean as YAML 1.1 took it. */
function told(at: Cursor, node: ScalarNode): ScalarNode {
  const { value, text } = node
  const isOld = typeof value === 'boolean' && text.toLowerCase() !== String(value)
  if (isOld) notice(at, `${text} counts as ${value}, as in YAML 1.1; write ${value}`)
  return node
}

/** YAML reads `1000` and `yes` as no text; whoever meant one needs quotes. */
function unexpected(at: Cursor, { text, value }: ScalarNode, { expected: wanted, scalar }: Shape): undefined {
  const instead = scalar?.instead?.[String(value)]
  if (instead !== undefined) return expected(at, wanted, { advice: `write ${instead}` })
  const isMeantAsText = wanted === 'a string' && value !== null
  return expected(at, wanted, isMeantAsText ? { advice: `put it in quotes: ${quote(text)}` } : {})
}

function isOfType(value: ScalarNode['value'], type: ScalarType): boolean {
  if (type === 'null') return value === null
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}

/** Variables give texts, and so do quotes: `"5"` counts as 5 where a number is wanted. */
function castTo(cast: 'integer' | 'number' | 'boolean', node: ScalarNode): ScalarNode | undefined {
  if (cast === 'boolean') {
    const value = looseBoolean(node.text)
    return value === undefined ? undefined : { ...node, value }
  }
  const isNumber =
    cast === 'integer'
      ? /^[+-]?\d+$/.test(node.text)
      : /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(node.text)
  const value = Number(node.text)
  return isNumber && Number.isFinite(value) ? { ...node, value } : undefined
}

function isAllowed({ value, text }: ScalarNode, { values, pattern, minimum, maximum }: ScalarShape): boolean {
  if (value === null) return true
  if (values && !values.includes(text)) return false
  if (pattern && typeof value === 'string' && !pattern.test(value)) return false
  if (typeof value !== 'number') return true
  return (minimum === undefined || value >= minimum) && (maximum === undefined || value <= maximum)
}

function list(at: Cursor, { items, unique, isDistinct }: ListShape, scope: Scope): Node | undefined {
  const written = itemsOf(at) ?? []
  if (isDistinct) checkDistinct(written)
  const made = written.map((inner) => canonicalise(inner, items, scope))
  const kept = made.map((item, index): Node => ({ index, ...item })).filter(({ tag }) => tag !== '!broken')
  return { ...at.node, kind: 'list', items: unique ? withoutRepetition(kept, unique) : kept } as Node
}

/**
 * The items without repetition: where several have one key, the last in the place of the first (Compose Specification
 * §Merge, unique resources).
 */
export function withoutRepetition(items: Node[], unique: (item: Node) => string | undefined): Node[] {
  const kept = new Map<string | Node, Node>()
  for (const item of items) kept.set(unique(item) ?? item, item)
  return [...kept.values()]
}

function map(at: Cursor & { node: MapNode }, shape: Shape, scope: Scope): Node | undefined {
  const entries = new Map<string, Entry>()
  for (const [key, inner] of entriesOf(at) ?? []) {
    const below = shapeBelow(inner, key, shape)
    if (below === undefined) continue
    const isLeft = below === 'own' || (keyOf(shape, key) && isOpen(inner.node, below))
    const value = isLeft ? inner.node : canonicalise(inner, below, scope)
    entries.set(key, { at: inner.key, value })
  }
  return { ...at.node, entries }
}

/**
 * A key without a value takes the value of the file below it, and is only wrong when nothing is merged below it: that is
 * looked for with the keys that are required.
 */
function isOpen(node: Node, shape: Shape): boolean {
  return isNull(node) && node.tag === undefined && !takesNull(shape)
}

/** Whether a value of the shape may be nothing. */
export function takesNull(shape: Shape): boolean {
  return shape.scalar?.types.includes('null') ?? false
}

/** The shape of what stands under a key; `own` for what is the author's own; undefined after a problem. */
function shapeBelow(inner: Cursor, key: string, shape: Shape): Shape | 'own' | undefined {
  if (isOwnKey(shape, key)) return 'own'
  const isAllowed = keyOf(shape, key) !== undefined || (shape.map?.names?.test(key) ?? true)
  const below = isAllowed ? shapeUnder(shape, key) : undefined
  if (!below) failUnknown(inner, key, shape.map ?? {})
  return below
}
