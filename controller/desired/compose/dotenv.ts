import type { Problem } from '../../../schemas/problem.ts'
import { errorAt } from '../report.ts'
import { expand, type Lookup, MAX_EXPANDED, TemplateError } from './template.ts'

/**
 * Compose's dotenv format: `NAME=value`, `export NAME=value`, `NAME: value`, comments, quotes. Single quotes keep
 * everything, double quotes know `\n` and may span lines; outside single quotes variables are filled in, from `outer`
 * first and then from the names above. A bare `NAME` takes its value from `outer` or is left out.
 */
export function parseDotenv(file: string, content: string, outer: Lookup) {
  const problems: Problem[] = []
  const variables = new Map<string, string>()
  const lookup: Lookup = (name) => outer(name) ?? variables.get(name)
  const text = content.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')
  let line = 1
  let length = 0
  for (let at = 0; at < text.length; ) {
    const end = statementEnd(text, at)
    statement(text.slice(at, end))
    line += count(text.slice(at, end + 1))
    at = end + 1
  }
  return { variables, problems }

  function statement(raw: string): void {
    const trimmed = raw.trim()
    if (trimmed === '' || trimmed.startsWith('#')) return
    const match = ASSIGNMENT.exec(trimmed)
    const bare = BARE.exec(trimmed)?.[1]
    if (match) assign(match[1] ?? '', match[2] ?? '')
    else if (bare) keep(bare, outer(bare))
    else problem(`${JSON.stringify(trimmed.slice(0, 40))} is no NAME=value`)
  }

  function assign(name: string, written: string): void {
    const value = unquote(written)
    if (!value) problem(`the quote of ${name} is not closed`)
    else fill(name, value)
  }

  function fill(name: string, value: { text: string; literal: boolean }): void {
    try {
      keep(name, value.literal ? value.text : expand(value.text, lookup))
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      problem(`${name}: ${error.message}`)
    }
  }

  function keep(name: string, value: string | undefined): void {
    if (value === undefined) return
    length += value.length
    if (length <= MAX_EXPANDED) variables.set(name, value)
    else if (length - value.length <= MAX_EXPANDED)
      problem('the values are too long once their variables are filled in')
  }

  function problem(message: string): void {
    problems.push(errorAt({ file, line, column: 1 }, '', message))
  }
}

const ASSIGNMENT = /^(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*[=:]([\s\S]*)$/
const BARE = /^(?:export[ \t]+)?([A-Za-z_][\w.-]*)$/

/** Where the statement that begins at `from` ends: the end of its line, or of the line where its quote closes. */
function statementEnd(text: string, from: number): number {
  const lineEnd = endOfLine(text, from)
  const opening = /^[^\n#=:'"]*[=:][ \t]*(["'])/.exec(text.slice(from, lineEnd))
  if (!opening) return lineEnd
  const close = closingQuote(text, from + opening[0].length, opening[1] ?? '')
  return close < 0 ? lineEnd : endOfLine(text, close)
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

function closingQuote(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\' && quote === '"') at++
    else if (text[at] === quote) return at
  }
  return -1
}

function unquote(written: string): { text: string; literal: boolean } | undefined {
  const value = written.trim()
  const quote = value[0]
  if (quote !== '"' && quote !== "'") {
    const plain = value.startsWith('#') && /^\s/.test(written) ? '' : value
    const comment = plain.search(/\s#/)
    return { text: comment < 0 ? plain : plain.slice(0, comment).trimEnd(), literal: false }
  }
  const close = closingQuote(value, 1, quote)
  if (close < 0) return undefined
  const inner = value.slice(1, close)
  return quote === "'" ? { text: inner, literal: true } : { text: unescaped(inner), literal: false }
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', $: '$$' }

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, (_whole, char: string) => ESCAPES[char] ?? char)
}

function count(text: string): number {
  return text.split('\n').length - 1
}
