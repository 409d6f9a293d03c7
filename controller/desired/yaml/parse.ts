import { Composer, type Document, Lexer, LineCounter, Parser, type YAMLParseError } from 'yaml'
import type { Problem } from '../../../schemas/problem.ts'
import { errorAt, errorIn } from '../report.ts'
import { convert, MAX_DEPTH } from './convert.ts'
import { foldMergeKeys } from './merge-keys.ts'
import type { Node } from './node.ts'

/** Tokens of a file: some 60,000 lines. */
export const MAX_TOKENS = 400_000
const MAX_SYNTAX_ERRORS = 20

export interface Parsed {
  /** One tree a YAML document, merge keys folded in; also what could be read of a file with problems. Empty ones are left out. */
  documents: Node[]
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
  if (typeof tokens === 'string') return { documents: [], isBroken: true, problems: [errorIn(file, tokens)] }
  const documents: Document.Parsed[] = []
  for (const document of new Composer(OPTIONS).compose(tokens, false, text.length)) {
    documents.push(document)
    if (document.errors.length > 0) break
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
  const syntax = documents.flatMap(({ errors }) => errors.map((error) => syntaxProblem(file, error, lines)))
  const problems = syntax.slice(0, MAX_SYNTAX_ERRORS)
  const roots = documents.flatMap(({ contents }) => {
    if (!contents) return []
    const converted = convert(contents, (offset) => placeOf(file, offset, lines))
    problems.push(...converted.problems)
    if (!converted.root) return []
    const folded = foldMergeKeys(converted.root)
    problems.push(...folded.problems)
    return [folded.root]
  })
  return { documents: roots, isBroken: syntax.length > 0, problems }
}

function placeOf(file: string, offset: number, lines: LineCounter) {
  const { line, col } = lines.linePos(offset)
  return { file, line, column: col }
}

const SYNTAX: Partial<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab indents this line; YAML takes only spaces',
}

function syntaxProblem(file: string, error: YAMLParseError, lines: LineCounter): Problem {
  const message = SYNTAX[error.code] ?? error.message
  return errorAt(placeOf(file, error.pos[0], lines), '', `broken YAML: ${message}`)
}
