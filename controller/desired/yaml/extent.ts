import type { Node } from './node.ts'

/** Deeper than any file that people write, and safe for recursion. */
export const MAX_DEPTH = 100
/** The most values that a file may have once its aliases are expanded. */
export const MAX_VALUES = 100_000
/** The most bytes of a whole file, keys and values, once its aliases are expanded and its variables are filled in. */
export const MAX_EXPANDED = 8 * 1024 * 1024

/** How much a tree is once each shared node is written out wherever it is used. */
export interface Extent {
  values: number
  /** The bytes of all keys and values. */
  bytes: number
  depth: number
}

export type Extents = Map<Node, Extent>

/** @param known what is measured already; takes in what is measured here, so that a shared node is measured once */
export function extentOf(node: Node, known: Extents): Extent {
  if (node.kind === 'scalar') return { values: 1, depth: 1, bytes: Buffer.byteLength(node.text) }
  const found = known.get(node)
  if (found) return found
  const extent = { values: 1, depth: 1, bytes: 0 }
  if (node.kind === 'list') for (const item of node.items) take(extent, extentOf(item, known))
  for (const [key, { value }] of node.kind === 'map' ? node.entries : []) {
    extent.bytes += Buffer.byteLength(key)
    take(extent, extentOf(value, known))
  }
  known.set(node, extent)
  return extent
}

function take(outer: Extent, inner: Extent): void {
  outer.values += inner.values
  outer.bytes += inner.bytes
  outer.depth = Math.max(outer.depth, inner.depth + 1)
}

/** What a file is too large in; undefined when it may be expanded. */
export function excess({ values, bytes, depth }: Extent): string | undefined {
  if (values > MAX_VALUES || depth > MAX_DEPTH) return `${MAX_VALUES} values or ${MAX_DEPTH} levels`
  return bytes > MAX_EXPANDED ? `${MAX_EXPANDED} bytes` : undefined
}
