import type { Scalar } from 'yaml'
import { lineAfter, linesIn } from '../text.ts'
import type { Place, ScalarNode } from './node.ts'

/** Where the first character of a literal block stands, and each further line at the same column. */
export type TextStart = Pick<Place, 'line' | 'column'>

/** Where the text of a literal block starts, if it has a `$` about which something may be told. */
export function textStart({ value, range, type }: Scalar, source: string, at: Place): TextStart | undefined {
  if (type !== 'BLOCK_LITERAL' || !range || typeof value !== 'string') return undefined
  return value.includes('$') ? blockStart(value, source, { at, offset: range[0] }) : undefined
}

/** The indentation is what the first line that is not empty has more in the file. */
function blockStart(value: string, source: string, header: { at: Place; offset: number }): TextStart {
  const empty = value.search(/[^\n]/)
  let start = lineAfter(source, header.offset)
  for (let line = 0; line < empty; line++) start = lineAfter(source, start)
  const indentation = lineAt(source, start).length - lineAt(value, empty).length
  return { line: header.at.line + 1, column: indentation + 1 }
}

function lineAt(text: string, start: number): string {
  const next = lineAfter(text, start)
  return text.slice(start, next < 0 ? undefined : next).replace(/\r?\n$/, '')
}

/**
 * The places of the offsets of a text, asked for in ascending order. Outside literal blocks, where what is written may be
 * longer than the text, all are its start.
 */
export function placesIn({ at, text, start }: ScalarNode): (offset: number) => Place {
  if (!start) return () => at
  const lineOf = linesIn(text)
  return (offset) => {
    const { line, start: lineStart } = lineOf(offset)
    return { ...at, line: start.line + line, column: start.column + offset - lineStart }
  }
}
