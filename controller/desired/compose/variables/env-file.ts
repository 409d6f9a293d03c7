import type { Problem } from '../../../../schemas/problem.ts'
import type { Place } from '../../yaml/node.ts'

/** What a file of variables gives. */
export interface EnvFile {
  /** The last value of each name. */
  variables: Map<string, string>
  /** Where that value is written. */
  places: Map<string, Place>
  problems: Problem[]
}

/** The file's text, without the mark that some editors put at its start. */
export function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '')
}

/** Line and column of the offsets of a text, asked for in ascending order. */
export function placesOf(file: string, text: string): (offset: number) => Place {
  let line = 1
  let start = 0
  let end = text.indexOf('\n')
  return (offset) => {
    while (end >= 0 && end < offset) {
      line++
      start = end + 1
      end = text.indexOf('\n', start)
    }
    return { file, line, column: offset - start + 1 }
  }
}
