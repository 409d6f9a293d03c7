import { type Cursor, entriesOf, expected, fail, itemsOf } from '../../cursor.ts'
import { isNull, type MapNode } from '../../yaml/node.ts'
import { takesNull } from '../canonical/canonicalise.ts'
import { type Shape, shapeUnder } from '../shape.ts'

/** Tells of each mapping that lacks a key which its shape requires, and of each key that is still without a value. */
export function checkRequired(at: Cursor, shape: Shape): void {
  if (isNull(at.node) && !takesNull(shape)) expected(at, shape.expected)
  if (at.node.kind === 'list') ofItems(at, shape.list?.items)
  if (at.node.kind === 'map') ofMap(at, at.node, shape)
}

function ofItems(at: Cursor, items: Shape | undefined): void {
  if (!items) return
  for (const inner of itemsOf(at) ?? []) checkRequired(inner, items)
}

function ofMap(at: Cursor, node: MapNode, shape: Shape): void {
  for (const key of shape.map?.required ?? []) if (!node.entries.has(key)) fail(at, `has no ${key}`)
  for (const [key, inner] of entriesOf(at) ?? []) {
    const below = shapeUnder(shape, key)
    if (below) checkRequired(inner, below)
  }
}
