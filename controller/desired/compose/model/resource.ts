import { type Cursor, fail, notice, within } from '../../cursor.ts'
import { type Node, quote, scalarNode, textAt, valueAt, withValue } from '../../yaml/node.ts'
import type { Key, Shape } from '../shape.ts'
import { mapping } from './common.ts'

/** A network, volume, secret or config of a file: what may have a name of its own, or be there already. */
export function namedResource(expected: string, keys: Record<string, Key>): Shape {
  return { ...mapping(expected, keys), canonical: withPlainExternal }
}

/** `external: {name: x}`, which is deprecated, is `external: true` and `name: x`. */
function withPlainExternal(at: Cursor): Node | undefined {
  const { node } = at
  const external = valueAt(node, 'external')
  if (node.kind !== 'map' || external?.kind !== 'map') return node
  const [name, outer] = [textAt(node, 'name'), textAt(external, 'name')]
  if (name !== undefined && outer !== undefined && name !== outer) {
    return fail(
      within(at, 'external', 'name'),
      `name says ${quote(name)} and external.name ${quote(outer)}; keep name only`,
    )
  }
  if (outer !== undefined)
    notice(within(at, 'external'), 'external.name is deprecated; write name, and external: true')
  const plain = withValue(node, 'external', scalarNode(external, true))
  return name === undefined ? withValue(plain, 'name', valueAt(external, 'name')) : plain
}
