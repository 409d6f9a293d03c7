import { type Cursor, fail } from '../../cursor.ts'
import { quote } from '../../yaml/node.ts'

/** Tells of each item that stands twice in a list which names each thing once. */
export function checkDistinct(items: readonly Cursor[]): void {
  const seen = new Set<unknown>()
  for (const at of items) {
    if (at.node.kind !== 'scalar' || at.node.tag === '!broken') continue
    const { value, text } = at.node
    if (seen.has(value)) fail(at, `${quote(text)} stands twice`)
    seen.add(value)
  }
}
