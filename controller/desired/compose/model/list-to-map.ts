import type { Entry, Node } from '../../yaml/node.ts'

/**
 * Fields that are a mapping in their canonical form may be written as a list, of which each item becomes a mapping
 * with one key. This is all of them in one; of a key that comes twice the later counts.
 */
export function listToMap(node: Node): Node {
  if (node.kind !== 'list') return node
  const entries = new Map<string, Entry>()
  for (const item of node.items) {
    if (item.kind === 'map') for (const [key, entry] of item.entries) entries.set(key, entry)
  }
  const { items: _, ...rest } = node
  return { ...rest, kind: 'map', entries }
}

/** A mapping with one key, standing where `like` stands. */
export function pairNode(like: Node, key: string, value: Node): Node {
  return { kind: 'map', at: like.at, entries: new Map([[key, { at: like.at, value }]]) }
}
