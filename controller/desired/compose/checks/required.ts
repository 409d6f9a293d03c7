import { type Cursor, entriesOf, fail, itemsOf } from '../../cursor.ts'
import type { MapNode } from '../../yaml/node.ts'
import { keyOf } from '../canonicalise.ts'
import { has } from '../edit.ts'
import type { Shape } from '../shape.ts'

/** Tells of each mapping that lacks a key which its shape requires. */
export function checkRequired(at: Cursor, shape: Shape): void {
  if (at.node.kind === 'list') ofItems(at, shape.list?.items)
  if (at.node.kind === 'map') ofMap(at, at.node, shape)
}

function ofItems(at: Cursor, items: Shape | undefined): void {
  if (!items) return
  for (const inner of itemsOf(at) ?? []) checkRequired(inner, items)
}

function ofMap(at: Cursor, node: MapNode, shape: Shape): void {
  for (const key of shape.map?.required ?? []) if (!has(node, key)) fail(at, `has no ${key}`)
  for (const [key, inner] of entriesOf(at) ?? []) {
    const below = shapeBelow(shape, key)
    if (below) checkRequired(inner, below)
  }
}

function shapeBelow(shape: Shape, key: string): Shape | undefined {
  const known = keyOf(shape, key)
  if (known) return known.shape
  return key.startsWith('x-') && shape.map?.keys ? undefined : shape.map?.values
}
