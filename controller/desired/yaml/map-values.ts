import type { Entry, ListNode, MapNode, Node } from './node.ts'

/**
 * The mapping with each of its values made another, or left out where that is undefined; the mapping itself where all
 * stay what they are.
 */
export function mapEntries(node: MapNode, make: (value: Node, key: string) => Node | undefined): MapNode {
  let entries: Map<string, Entry> | undefined
  for (const [key, { at, value }] of node.entries) {
    const made = make(value, key)
    if (made === value) continue
    entries ??= new Map(node.entries)
    if (made) entries.set(key, { at, value: made })
    else entries.delete(key)
  }
  return entries ? { ...node, entries } : node
}

/** The same of a list. */
export function mapItems(node: ListNode, make: (item: Node, index: number) => Node | undefined): ListNode {
  const items = node.items.flatMap((item, index) => make(item, index) ?? [])
  const isSame =
    items.length === node.items.length && items.every((item, index) => item === node.items[index])
  return isSame ? node : { ...node, items }
}
