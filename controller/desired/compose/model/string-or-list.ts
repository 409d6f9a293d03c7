import { listNode } from '../../yaml/node.ts'
import type { Shape } from '../shape.ts'
import { setOf, string } from './common.ts'

/** A list that names each text once (list_of_strings). */
export const uniqueStrings: Shape = setOf(string, 'a list of strings')

/** One text, which is made a list, or a list of them (string_or_list). */
export const stringOrList: Shape = oneOrSetOf(string, 'a string or a list of strings')

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
