/** Where a value, or a key, stands: the file and the 1-based line and column. */
export interface Place {
  file: string
  line: number
  column: number
}

/** A YAML value with its place. Aliases are shared, never copied: the tree is a directed acyclic graph. */
export type Node = ScalarNode | MapNode | ListNode

export interface ScalarNode {
  kind: 'scalar'
  at: Place
  value: string | number | boolean | null
  /** As written, after unquoting: `0755` where the value is 493. */
  text: string
  /** Written with a tag such as `!reset`. */
  tag?: string
}

export interface MapNode {
  kind: 'map'
  at: Place
  entries: Map<string, Entry>
  tag?: string
}

export interface ListNode {
  kind: 'list'
  at: Place
  items: Node[]
  tag?: string
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

/** The path of a key: `services.web`. What is merged in by `<<` counts as standing where it is merged. */
export function keyPath(path: string, key: string): string {
  if (key === '<<') return path
  return path === '' ? key : `${path}.${key}`
}
