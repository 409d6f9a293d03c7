import type { YAMLParseError } from 'yaml'
import type { Problem } from '../../../schemas/problem.ts'
import { errorAt } from '../report.ts'
import type { Place } from './node.ts'
import { MAX_SYNTAX_ERRORS } from './tokens.ts'

export interface Source {
  text: string
  place: (offset: number) => Place
}

/** What is wrong with the YAML itself: the first error of each line, as more of them follow from it. */
export function syntaxProblems(errors: YAMLParseError[], source: Source): Problem[] {
  const byLine = new Map<number, Problem>()
  for (const error of errors) {
    const at = source.place(error.pos[0])
    if (byLine.has(at.line)) continue
    const message = isIndentedByTab(source.text, error.pos[0])
      ? 'a tab indents this line; YAML takes only spaces'
      : error.message
    byLine.set(at.line, errorAt(at, '', `broken YAML: ${message}`))
  }
  return [...byLine.values()].slice(0, MAX_SYNTAX_ERRORS)
}

/** The parser knows tabs only in front of block collections, and tells of others by what follows. */
function isIndentedByTab(text: string, offset: number): boolean {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  return /^ *\t/.test(text.slice(start, start + MAX_INDENT))
}

const MAX_INDENT = 200
