import type { ListNode, MapNode, Node } from '../../yaml/node.ts'

/** How many bytes of keys and texts stand in a tree, each alias unfolded, without unfolding any. */
export interface Measure {
  /** Measures a map or list of which all that was made anew below it has been added before. */
  add(node: MapNode | ListNode): void
  /** What was never added counts for nothing: it was left alone, and measured when its aliases were expanded. */
  of(node: Node): number
}

export function createMeasure(): Measure {
  const known = new Map<Node, number>()
  const of = (node: Node) => (node.kind === 'scalar' ? Buffer.byteLength(node.text) : (known.get(node) ?? 0))
  return {
    of,
    add(node) {
      let sum = 0
      if (node.kind === 'list') for (const item of node.items) sum += of(item)
      else for (const [key, { value }] of node.entries) sum += Buffer.byteLength(key) + of(value)
      known.set(node, sum)
    },
  }
}
