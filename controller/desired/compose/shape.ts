import type { Cursor } from '../cursor.ts'
import type { Node } from '../yaml/node.ts'
import type { Budget } from './composition/budget.ts'
import type { Mark } from './marks.ts'

/** What the canonical form of a value depends on beside the value. */
export interface Scope {
  /** The folder that relative paths of the file start from (Compose Specification §Project directory). */
  directory: string
  /** What a leading `~` stands for; absent where no one's home is meant. */
  home?: string | undefined
  /** What the project may still come to; absent where nothing is spread, as in an image spec. */
  budget?: Pick<Budget, 'takePorts'>
}

/**
 * What may stand in one place of a file. Compose tells its short and long forms apart by the kind of YAML value, so a
 * shape says for each kind what is taken; a kind that is absent is refused.
 */
export interface Shape {
  /** For messages, after "must be": `a list of ports, as in "8080:80"`. */
  expected: string
  scalar?: ScalarShape
  list?: ListShape
  map?: MapShape
  /**
   * To the one canonical form, once all below is checked and canonical. Undefined after a problem has been noted.
   * What is canonical already comes out as it went in.
   */
  canonical?: (at: Cursor, scope: Scope) => Node | undefined
  /** How two canonical values become one (§Merge); by default maps by key, lists appended, scalars replaced. */
  merge?: Merge
}

/** How two values of a shape become one: `over` is the later value and wins. */
export type Merge = (base: Node, over: Node, rest: MergeContext) => Node

interface MergeContext {
  shape: Shape
  /** Merges by the kind of value, as if the shape had no rule of its own. */
  byKind: (base: Node, over: Node, shape: Shape | undefined) => Node
}

export type ScalarType = 'string' | 'integer' | 'number' | 'boolean' | 'null'

export interface ScalarShape {
  types: readonly ScalarType[]
  /** What a text is turned into: variables always give texts. */
  cast?: 'integer' | 'number' | 'boolean'
  /** The only values. */
  values?: readonly string[]
  /** What to write in place of a value of a wrong type: `{ false: '"no"' }`. */
  instead?: Readonly<Record<string, string>>
  pattern?: RegExp
  minimum?: number
  maximum?: number
}

export interface ListShape {
  items: Shape
  /** The key of an item: a later item with the same key takes the place of an earlier one. Undefined: it has no equal. */
  unique?: (item: Node) => string | undefined
  /** An item may not be written twice in one file; over an earlier file it may. */
  isDistinct?: boolean
}

export interface MapShape {
  /** The keys that are known. `x-` keys may always stand beside them. */
  keys?: Record<string, Key>
  /** What stands under any other key: a name that the author gives. */
  values?: Shape
  /** What such a name looks like. */
  names?: RegExp
  /** Must be there once everything is merged. */
  required?: readonly string[]
}

/** A key of the specification: what stands there, what Setpoint does with it, and a line about it for people and editors. */
export interface Key {
  shape: Shape
  mark: Mark
  about: string
}

/** The known key of a shape, if it is one. */
export function keyOf(shape: Shape | undefined, key: string): Key | undefined {
  const keys = shape?.map?.keys
  return keys && Object.hasOwn(keys, key) ? keys[key] : undefined
}

/** The shape of what stands under a key; undefined for what is the author's own. */
export function shapeUnder(shape: Shape | undefined, key: string): Shape | undefined {
  return isOwnKey(shape, key) ? undefined : (keyOf(shape, key)?.shape ?? shape?.map?.values)
}

/** An `x-` key beside known keys (Compose Specification §Extension), if it is none of them. */
export function isOwnKey(shape: Shape | undefined, key: string): boolean {
  return shape?.map?.keys !== undefined && key.startsWith('x-') && !keyOf(shape, key)
}
