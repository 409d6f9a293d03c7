import type { Entry, Node } from '../../yaml/node.ts'
import type { Shape } from '../shape.ts'
import { NAME } from './common.ts'

/** A field that is written as a list of names, or as a mapping of names to settings. */
export interface NameForms {
  expected: string
  /** An item of the list: `the name of a network`. */
  name: string
  settings: Shape
  /** What a name has that stands in a list. */
  plain: (like: Node) => Node
}

/** Such a field; canonical is the mapping. */
export function namesOrMap({ expected, name, settings, plain }: NameForms): Shape {
  const item: Shape = {
    expected: name,
    scalar: { types: ['string'], pattern: NAME },
    canonical: ({ node }) => (node.kind === 'scalar' ? pairNode(node, node.text, plain(node)) : node),
  }
  return {
    expected,
    list: { items: item, isDistinct: true },
    map: { values: settings, names: NAME },
    canonical: ({ node }) => listToMap(node),
  }
}

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
