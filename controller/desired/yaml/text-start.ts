import type { Scalar } from 'yaml'
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

function lineAfter(text: string, offset: number): number {
  const end = text.indexOf('\n', offset)
  return end < 0 ? text.length : end + 1
}

function lineAt(text: string, start: number): string {
  return text.slice(start, lineAfter(text, start)).replace(/\r?\n$/, '')
}

/**
 * The places of the offsets of a text, asked for in ascending order. Outside literal blocks, where what is written may be
 * longer than the text, all are its start.
 */
export function placesIn({ at, text, start }: ScalarNode): (offset: number) => Place {
  if (!start) return () => at
  let line = start.line
  let lineStart = 0
  let end = text.indexOf('\n')
  return (offset) => {
    while (end >= 0 && end < offset) {
      line++
      lineStart = end + 1
      end = text.indexOf('\n', lineStart)
    }
    return { ...at, line, column: start.column + offset - lineStart }
  }
}
