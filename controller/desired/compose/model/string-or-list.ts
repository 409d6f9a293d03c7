import { listNode, type Node } from '../../yaml/node.ts'
import type { Shape } from '../shape.ts'
import { setOf, string } from './common.ts'

/** A list that names each text once (list_of_strings). */
export const uniqueStrings: Shape = setOf(string, 'a list of strings')

/** One text, which is made a list, or a list of them (string_or_list). */
export const stringOrList: Shape = oneOrSetOf(string, 'a string or a list of strings')

/** The same, of which blank ones are dropped: a variable without a value asks for nothing (§dns). */
export const filledStrings: Shape = {
  ...stringOrList,
  canonical(at, scope) {
    const node = stringOrList.canonical?.(at, scope)
    return node?.kind === 'list' ? { ...node, items: node.items.filter(isFilled) } : node
  },
}

function isFilled(item: Node): boolean {
  return item.kind !== 'scalar' || item.text !== '' || item.tag !== undefined
}

/** A list that names each thing once, or one thing in place of it. `items` takes a scalar. */
export function oneOrSetOf(items: Shape, expected: string): Shape {
  return {
    ...setOf(items, expected),
    scalar: items.scalar ?? { types: [] },
    canonical(at, scope) {
      const { node } = at
      if (node.kind !== 'scalar') return node
      const item = items.canonical ? items.canonical(at, scope) : node
      return item && listNode(node, [item])
    },
  }
}
