import type { Entry, ListNode, MapNode, Node } from './node.ts'

/**
 * The value once it is merged over nothing more: what is reset is gone, what overrides stands plain.
 * @param done what was made of values before, so that a shared one is looked at once
 */
export function withoutTags(root: MapNode, done?: Map<Node, Node>): MapNode
export function withoutTags(root: Node, done?: Map<Node, Node>): Node
export function withoutTags(root: Node, done = new Map<Node, Node>()): Node {
  return visit(root)

  function visit(node: Node): Node {
    if (node.kind === 'scalar') return withoutOverride(node)
    const known = done.get(node)
    if (known) return known
    const made = withoutOverride(withCleanValues(node))
    done.set(node, made)
    done.set(made, made)
    return made
  }

  function withCleanValues(node: MapNode | ListNode): Node {
    if (node.kind === 'map') return withCleanEntries(node)
    const items = node.items.filter(isKept).map(visit)
    const isSame = items.length === node.items.length && items.every((item, at) => item === node.items[at])
    return isSame ? node : { ...node, items }
  }

  function withCleanEntries(node: MapNode): MapNode {
    let entries: Map<string, Entry> | undefined
    for (const [key, { at, value }] of node.entries) {
      const made = isKept(value) ? visit(value) : undefined
      if (made === value) continue
      entries ??= new Map(node.entries)
      if (made) entries.set(key, { at, value: made })
      else entries.delete(key)
    }
    return entries ? { ...node, entries } : node
  }
}

function isKept({ tag }: Node): boolean {
  return tag !== '!reset'
}

function withoutOverride(node: Node): Node {
  if (node.tag !== '!override') return node
  const { tag: _, ...plain } = node
  return plain
}
