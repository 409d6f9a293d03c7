import { type Cursor, entriesOf, itemsOf } from '../cursor.ts'
import { isNull, type Node } from '../yaml/node.ts'
import type { Mark } from './marks.ts'
import { keyOf, type Shape, shapeUnder } from './shape.ts'

/** A key of a file that is not honoured, with why. */
export interface UsedMark {
  at: Cursor
  /** Its last part is the key. */
  key: string
  mark: Exclude<Mark, { mark: 'honoured' }>
}

/**
 * The keys of a canonical model whose marks have something to say, in the order of the file. Below a key that is
 * ignored or refused nothing is looked for, and values that ask for what happens anyway are passed over.
 */
export function usedMarks(at: Cursor, shape: Shape): UsedMark[] {
  if (at.node.kind === 'list') {
    const items = shape.list?.items
    return items ? (itemsOf(at) ?? []).flatMap((inner) => usedMarks(inner, items)) : []
  }
  if (at.node.kind !== 'map') return []
  return (entriesOf(at) ?? []).flatMap(([name, inner]) => ofKey(name, inner, shape))
}

function ofKey(name: string, inner: Cursor, shape: Shape): UsedMark[] {
  const key = keyOf(shape, name)
  const below = shapeUnder(shape, name)
  if (!key || key.mark.mark === 'honoured') return below ? usedMarks(inner, below) : []
  return asksForNothing(inner.node, key.mark.usual) ? [] : [{ at: inner, key: name, mark: key.mark }]
}

function asksForNothing(node: Node, usual: readonly unknown[]): boolean {
  if (isNull(node)) return true
  if (node.kind !== 'scalar') return (node.kind === 'list' ? node.items.length : node.entries.size) === 0
  return usual.some((value) => String(value) === node.text || value === node.value)
}
