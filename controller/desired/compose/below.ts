import { type Cursor, entriesOf, itemsOf, within } from '../cursor.ts'
import { textAt, valueAt } from '../yaml/node.ts'

/** The items of the list at a path below; none where there is no list. */
export function itemsBelow(at: Cursor, ...keys: string[]): Cursor[] {
  return valueAt(at.node, ...keys)?.kind === 'list' ? (itemsOf(within(at, ...keys)) ?? []) : []
}

/** The entries of the mapping at a path below; none where there is no mapping. */
export function entriesBelow(at: Cursor, ...keys: string[]): [string, Cursor][] {
  return valueAt(at.node, ...keys)?.kind === 'map' ? (entriesOf(within(at, ...keys)) ?? []) : []
}

/** The number at a path below, also where it is printed as text; undefined where there is none. */
export function numberBelow({ node }: Cursor, ...keys: string[]): number | undefined {
  const text = textAt(node, ...keys)
  const value = text ? Number(text) : NaN
  return Number.isNaN(value) ? undefined : value
}
