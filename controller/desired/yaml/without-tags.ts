import { mapEntries, mapItems } from './map-values.ts'
import type { ListNode, MapNode, Node } from './node.ts'

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
    return node.kind === 'map' ? mapEntries(node, visitKept) : mapItems(node, visitKept)
  }

  function visitKept(node: Node): Node | undefined {
    return node.tag === '!reset' ? undefined : visit(node)
  }
}

function withoutOverride(node: Node): Node {
  if (node.tag !== '!override') return node
  const { tag: _, ...plain } = node
  return plain
}
