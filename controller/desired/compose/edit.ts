import { type Entry, isNull, type MapNode, mapNode, type Node, withValue } from '../yaml/node.ts'

/** A change of a value; undefined takes it away. */
type Change = (node: Node, key: string) => Node | undefined

/** The value as a mapping; an empty one where nothing, or nothing usable, stands. */
export function asMap(node: Node | undefined): MapNode {
  return node?.kind === 'map' ? node : mapNode(node ?? NOWHERE, {})
}

const NOWHERE = { at: { file: '', line: 0, column: 0 } }

/** The mapping with the value under a key changed; as it is where the key has no value. */
export function changeAt(node: Node, key: string, change: Change): Node {
  const inner = node.kind === 'map' ? node.entries.get(key)?.value : undefined
  if (node.kind !== 'map' || !inner || isNull(inner)) return node
  return withValue(node, key, change(inner, key))
}

/** The mapping or list with each of its values changed. */
export function changeEach(node: Node, change: Change): Node {
  if (node.kind === 'list') return { ...node, items: node.items.flatMap((item) => change(item, '') ?? []) }
  if (node.kind !== 'map') return node
  let entries: Map<string, Entry> | undefined
  for (const [key, { at, value }] of node.entries) {
    const changed = change(value, key)
    if (changed === value) continue
    entries ??= new Map(node.entries)
    if (changed) entries.set(key, { at, value: changed })
    else entries.delete(key)
  }
  return entries ? { ...node, entries } : node
}

/** The mapping with what it lacks; a key that has a value keeps it. */
export function withDefaults(node: Node, defaults: (map: MapNode) => Record<string, Node | undefined>): Node {
  if (node.kind !== 'map') return node
  const missing = Object.entries(defaults(node)).filter(([key]) => !has(node, key))
  return missing.reduce((map, [key, value]) => (value ? withValue(map, key, value) : map), node)
}

/** Whether a key has a value. */
export function has(map: MapNode, key: string): boolean {
  const entry = map.entries.get(key)
  return entry !== undefined && (entry.value.tag === '!broken' || !isNull(entry.value))
}
