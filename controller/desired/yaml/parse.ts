import { Composer, type Document, Lexer, LineCounter, Parser, type YAMLParseError } from 'yaml'
import type { Problem } from '../../../schemas/problem.ts'
import { errorAt, errorIn } from '../report.ts'
import { convert, MAX_DEPTH } from './convert.ts'
import type { Node } from './node.ts'

/** Tokens of a file: some 60,000 lines. */
export const MAX_TOKENS = 400_000
const MAX_SYNTAX_ERRORS = 20

export interface Parsed {
  /** What could be read, also when there are problems; null when nothing could. */
  root: Node | null
  /** The YAML itself is wrong, so what was read is not what was meant; only the name is worth a look. */
  isBroken: boolean
  problems: Problem[]
}

/**
 * YAML text to a tree of values with their places. Never throws.
 * Caps (docs/laws.md, 11): depth, tokens, and values and bytes after expansion of aliases, each with a problem of its own.
 */
export function parse(file: string, text: string): Parsed {
  const lines = new LineCounter()
  const tokens = tokenize(text, lines)
  if (typeof tokens === 'string') return { root: null, isBroken: true, problems: [errorIn(file, tokens)] }
  const documents: Document.Parsed[] = []
  for (const document of new Composer(OPTIONS).compose(tokens, false, text.length)) {
    documents.push(document)
    if (documents.length > 1) break
  }
  return assemble(file, documents, lines)
}

// Plain scalars are resolved in scalar.ts, and unique keys in convert.ts, where it is not quadratic.
const OPTIONS = {
  version: '1.2',
  schema: 'failsafe',
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const

function tokenize(text: string, lines: LineCounter) {
  lines.addNewLine(0)
  const parser = new Parser(lines.addNewLine)
  const tokens = []
  let count = 0
  let errors = 0
  for (const lexeme of new Lexer().lex(text.replace(/^\uFEFF/, ''))) {
    for (const token of parser.next(lexeme)) {
      tokens.push(token)
      if (token.type === 'error' && ++errors > MAX_SYNTAX_ERRORS) return tokens
    }
    if (parser.stack.length > 2 * MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`
    if (++count > MAX_TOKENS) return `has more than ${MAX_TOKENS} YAML tokens; split it into several stacks`
  }
  for (const token of parser.end()) tokens.push(token)
  return tokens
}

function assemble(file: string, documents: Document.Parsed[], lines: LineCounter): Parsed {
  const [document, second] = documents
  const syntax = (document?.errors ?? []).map((error) => syntaxProblem(file, error, lines))
  if (!document?.contents) return { root: null, isBroken: syntax.length > 0, problems: syntax }
  const converted = convert(document.contents, (offset) => placeOf(file, offset, lines))
  const problems = [...syntax.slice(0, MAX_SYNTAX_ERRORS), ...converted.problems]
  if (second?.contents && !second.errors.length) problems.push(severalDocuments(file, second, lines))
  return { root: converted.root, isBroken: syntax.length > 0, problems }
}

function severalDocuments(file: string, second: Document.Parsed, lines: LineCounter): Problem {
  const at = placeOf(file, second.contents?.range[0] ?? 0, lines)
  return errorAt(at, '', 'not honoured yet: a second YAML document in one file; merge it into the first')
}

function placeOf(file: string, offset: number, lines: LineCounter) {
  const { line, col } = lines.linePos(offset)
  return { file, line, column: col }
}

const SYNTAX: Partial<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab indents this line; YAML takes only spaces',
  MULTIPLE_DOCS: 'not honoured yet: a second YAML document in one file; merge it into the first',
}

function syntaxProblem(file: string, error: YAMLParseError, lines: LineCounter): Problem {
  const message = SYNTAX[error.code] ?? error.message
  return errorAt(placeOf(file, error.pos[0], lines), '', `broken YAML: ${message}`)
}
