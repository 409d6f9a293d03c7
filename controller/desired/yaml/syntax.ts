import { type Document, visit, type YAMLParseError } from 'yaml'
import type { Problem } from '../../../schemas/problem.ts'
import { errorAt } from '../problems.ts'
import type { Place } from './node.ts'
import { inOwnWords, TAB } from './syntax-words.ts'
import { MAX_SYNTAX_ERRORS } from './tokens.ts'

export interface Source {
  text: string
  place: (offset: number) => Place
}

/** What is wrong with the YAML itself: the first error of each line, as more of them follow from it. */
export function syntaxProblems(documents: Document.Parsed[], source: Source): Problem[] {
  const problems: Problem[] = []
  const told = new Set<number>()
  for (const document of documents) {
    const opening = openings(document)
    for (const error of document.errors) {
      const { line } = source.place(error.pos[0])
      if (told.has(line) || told.size === MAX_SYNTAX_ERRORS) continue
      told.add(line)
      const { offset, message } = explained(error, source.text, opening)
      problems.push(errorAt(source.place(offset), '', `broken YAML: ${message}`))
    }
  }
  return problems
}

/** Where the quoted text that ends at an offset begins. */
type Opening = (end: number) => number

/** The parser tells of a quote that is not closed where the text ends. */
function openings(document: Document.Parsed): Opening {
  const starts = new Map<number, number>()
  if (document.errors.some(isUnclosed)) {
    visit(document, {
      Scalar(_key, { type, range }) {
        if (range && type?.startsWith('QUOTE')) starts.set(range[1], range[0])
      },
    })
  }
  return (end) => starts.get(end) ?? end
}

interface Explained {
  offset: number
  message: string
}

function explained(error: YAMLParseError, text: string, opening: Opening): Explained {
  const [offset] = error.pos
  const message = inOwnWords(error.message)
  if (isUnclosed(error)) return { offset: opening(offset), message }
  if (isIndentedByTab(text, offset)) return { offset, message: TAB }
  if (text.slice(Math.max(offset - 1, 0), offset + 1) === '${')
    return { offset: offset - 1, message: VARIABLE }
  return { offset: error.code === 'BAD_INDENT' ? afterSpaces(text, offset) : offset, message }
}

const VARIABLE = 'a variable inside { } or [ ] must be in quotes, as in "${NAME}"'

function isUnclosed({ message }: YAMLParseError): boolean {
  return /^Missing closing ['"]quote/.test(message)
}

function afterSpaces(text: string, offset: number): number {
  let at = offset
  while (text[at] === ' ') at++
  return at
}

/** The parser knows tabs only in front of block collections, and tells of others by what follows. */
function isIndentedByTab(text: string, offset: number): boolean {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  return /^ *\t/.test(text.slice(start, start + MAX_INDENT))
}

const MAX_INDENT = 200
