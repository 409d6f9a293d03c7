import type { Node } from '../../yaml/node.ts'

/** Whether two values say the same, wherever they are written. */
export function isSameValue(one: Node, other: Node): boolean {
  if (one === other) return true
  if (one.tag !== other.tag) return false
  if (one.kind === 'scalar') return other.kind === 'scalar' && one.value === other.value
  if (one.kind === 'list') return other.kind === 'list' && haveSameItems(one.items, other.items)
  if (other.kind !== 'map' || one.entries.size !== other.entries.size) return false
  return [...one.entries].every(([key, { value }]) => {
    const entry = other.entries.get(key)
    return entry !== undefined && isSameValue(value, entry.value)
  })
}

function haveSameItems(one: Node[], other: Node[]): boolean {
  return one.length === other.length && one.every((item, at) => isSameItem(item, other[at]))
}

function isSameItem(one: Node, other: Node | undefined): boolean {
  return other !== undefined && isSameValue(one, other)
}
