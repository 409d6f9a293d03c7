import type { Entry, ListNode, MapNode, Node } from './node.ts'

/** The mapping with each of its values made another; the mapping itself where all stay what they are. */
export function mapEntries(node: MapNode, make: (value: Node, key: string) => Node): MapNode {
  let entries: Map<string, Entry> | undefined
  for (const [key, { at, value }] of node.entries) {
    const made = make(value, key)
    if (made === value) continue
    entries ??= new Map(node.entries)
    entries.set(key, { at, value: made })
  }
  return entries ? { ...node, entries } : node
}

/** The same of a list. */
export function mapItems(node: ListNode, make: (item: Node, index: number) => Node): ListNode {
  const items = node.items.map(make)
  return items.every((item, index) => item === node.items[index]) ? node : { ...node, items }
}
