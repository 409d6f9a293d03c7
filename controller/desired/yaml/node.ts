import type { TextStart } from './text-start.ts'

/** Where a value, or a key, stands: the file and the 1-based line and column. */
export interface Place {
  file: string
  line: number
  column: number
}

/**
 * A YAML value with its place. Aliases are shared, never copied: the tree is a directed acyclic graph. An item of a list
 * has its `index` as written where items may have been left out or added before it.
 */
export type Node = ScalarNode | MapNode | ListNode

export interface ScalarNode {
  kind: 'scalar'
  at: Place
  value: string | number | boolean | null
  /** The text as written, without its quotes: `0755` where the value is 493. */
  text: string
  /** Where the text starts of a literal block with variables, until they are filled in. */
  start?: TextStart
  /** The text before variables were filled in, where there were any: messages show this one, since variables may be secrets. */
  written?: string
  tag?: Tag
  via?: Origin[]
  index?: number
}

export interface MapNode {
  kind: 'map'
  at: Place
  entries: Map<string, Entry>
  tag?: Tag
  via?: Origin[]
  index?: number
}

export interface ListNode {
  kind: 'list'
  at: Place
  items: Node[]
  tag?: Tag
  via?: Origin[]
  index?: number
}

/** Compose Specification §Merge: `!reset` takes away what is inherited, `!override` stands in its place; `!broken` has had its problem. */
export type Tag = '!reset' | '!override' | '!broken'

/** How a value came to stand where it is when it was not written there: `services.web extends services.base here`. */
export interface Origin {
  at: Place
  what: string
}

export interface Entry {
  at: Place
  value: Node
}

export function isNull(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null
}

/** A scalar as text; null is empty. Numbers are printed as YAML reads them: `1.10` is `1.1`, `0o17` is `15`. */
export function scalarText(node: ScalarNode): string {
  if (typeof node.value !== 'number') return node.value === null ? '' : String(node.value)
  return /^(0|-?[1-9]\d*)$/.test(node.text) ? node.text : String(node.value)
}

/** What a value is, for messages: `a list`, `the number 3`. */
export function describeNode(node: Node): string {
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a mapping' : 'a list'
  if (node.value === null) return 'nothing'
  if (typeof node.value === 'string') return quote(node.value)
  return typeof node.value === 'number' ? `the number ${node.text}` : `the boolean ${node.text}`
}

/** A text in quotes, shortened so that a message stays a line. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text)
}

/** Longer than what is shown of a path: what stands deeper goes by the path above it. */
const MAX_PATH = 1000

/** The path of a key: `services.web`. What is merged in by `<<` counts as standing where it is merged. */
export function keyPath(path: string, key: string): string {
  if (key === '<<' || path.length > MAX_PATH) return path
  return path === '' ? key : `${path}.${key}`
}

/** The value once its problem has been noted: nothing more is said of it, and nothing is read from it. */
export function broken(node: Node): ScalarNode {
  return { kind: 'scalar', at: node.at, value: null, text: '', tag: '!broken' }
}

/** What a value made here takes over from the one that it stands for. */
type Like = Pick<ScalarNode, 'at' | 'via' | 'written'>

/** A text made here, standing where `like` stands. */
export function textNode(like: Like, text: string): ScalarNode {
  return scalarNode(like, text)
}

/** A value made here, standing where `like` stands. */
export function scalarNode({ at, via, written }: Like, value: ScalarNode['value']): ScalarNode {
  const text = value === null ? '' : String(value)
  return { kind: 'scalar', at, value, text, ...(via && { via }), ...(written !== undefined && { written }) }
}

/** A mapping made here, standing where `like` stands; keys without a value are left out. */
export function mapNode(
  { at, via }: Pick<Node, 'at' | 'via'>,
  values: Record<string, Node | undefined>,
): MapNode {
  const entries = new Map<string, Entry>()
  for (const [key, value] of Object.entries(values)) if (value) entries.set(key, { at: value.at, value })
  return { kind: 'map', at, entries, ...(via && { via }) }
}

export function listNode({ at, via }: Pick<Node, 'at' | 'via'>, items: Node[]): ListNode {
  return { kind: 'list', at, items, ...(via && { via }) }
}

/** The value under a key; undefined where there is none, or no mapping. */
export function valueAt(node: Node | undefined, ...keys: string[]): Node | undefined {
  return keys.reduce<Node | undefined>(
    (inner, key) => (inner?.kind === 'map' ? inner.entries.get(key)?.value : undefined),
    node,
  )
}

/** The text under a key; undefined where there is none. */
export function textAt(node: Node | undefined, ...keys: string[]): string | undefined {
  const found = valueAt(node, ...keys)
  return found?.kind === 'scalar' && found.value !== null && found.tag !== '!broken'
    ? scalarText(found)
    : undefined
}

/** The map with a key set, or taken away where the value is undefined. */
export function withValue(map: MapNode, key: string, value: Node | undefined): MapNode {
  const entries = new Map(map.entries)
  if (value) entries.set(key, { at: entries.get(key)?.at ?? value.at, value })
  else entries.delete(key)
  return { ...map, entries }
}
