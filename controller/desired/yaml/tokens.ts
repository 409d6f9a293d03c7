import { type CST, Lexer, Parser } from 'yaml'
import { MAX_DEPTH } from './extent.ts'

/** Tokens of a file: those of 40,000 lines `key: value`, which only a file of very many short values has. */
export const MAX_TOKENS = 320_000
/** Errors of syntax that are told of one file. */
export const MAX_SYNTAX_ERRORS = 20

/** The text as YAML tokens, up to the first errors; or in words what it is too large in. */
export function tokenize(text: string): CST.Token[] | string {
  const parser = new Parser()
  const tokens: CST.Token[] = []
  let count = 0
  let errors = 0
  for (const lexeme of new Lexer().lex(text)) {
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
