import type { Place } from './yaml/node.ts'

/** The file's text, without the mark that some editors put at its start. */
export function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '')
}

/** Where the next line starts; -1 after the last. */
export function lineAfter(text: string, offset: number): number {
  const end = text.indexOf('\n', offset)
  return end < 0 ? -1 : end + 1
}

/** Line and column of the offsets of a text, asked for in ascending order. */
export function placesOf(file: string, text: string): (offset: number) => Place {
  const lineOf = linesIn(text)
  return (offset) => {
    const { line, start } = lineOf(offset)
    return { file, line: line + 1, column: offset - start + 1 }
  }
}

/** The line of the offsets of a text, counted from 0, and where it starts; asked for in ascending order. */
export function linesIn(text: string): (offset: number) => { line: number; start: number } {
  let line = 0
  let start = 0
  let next = lineAfter(text, start)
  return (offset) => {
    while (next >= 0 && next <= offset) {
      line++
      start = next
      next = lineAfter(text, start)
    }
    return { line, start }
  }
}
