/** An entry of a dotenv file as it is written, before escapes and variables. Offsets count from the file's start. */
export type Statement =
  | { kind: 'assignment'; name: string; value: Value; offset: number }
  /** `NAME` alone: its value is taken from outside. */
  | { kind: 'bare'; name: string; offset: number }
  | { kind: 'wrong'; message: string; offset: number }
  | { kind: 'odd'; message: string; offset: number }

export interface Value {
  text: string
  quote: '"' | "'" | undefined
  offset: number
}

/** The entries of a dotenv file (Compose Specification §Env_file format), also what is none. */
export function* statements(text: string): Generator<Statement> {
  let at = start(text, 0)
  while (at < text.length) {
    const { found, end } = entry(text, at)
    yield* found
    at = start(text, end)
  }
}

/** Where the next entry begins: blank lines and comments are passed over. */
function start(text: string, from: number): number {
  let at = skip(text, from, BLANK)
  while (text[at] === '#') at = skip(text, endOfLine(text, at), BLANK)
  return at
}

interface Read {
  found: Statement[]
  /** Where to go on. */
  end: number
}

function entry(text: string, offset: number): Read {
  const from = skip(text, offset, EXPORT)
  const stop = skip(text, from, KEY)
  const name = text.slice(from, stop).trimEnd()
  const mark = text[stop]
  const isAssignment = mark === '=' || mark === ':'
  const flaw = flawOf(name, isAssignment || mark === '\n' ? undefined : mark)
  if (flaw) return noEntry(text, offset, flaw)
  if (!isAssignment) return { found: [{ kind: 'bare', name, offset }], end: stop }
  return assignment(text, { name, offset, from: skip(text, stop + 1, SPACE) })
}

/** What is wrong with a name, and with what ends it in place of = or a line end. */
function flawOf(name: string, end: string | undefined): string | undefined {
  if (end !== undefined) return 'a name has letters, digits, _, . and -'
  if (name === '') return 'there is no name'
  return /\s/.test(name) ? 'a name has no space' : undefined
}

function noEntry(text: string, offset: number, flaw: string): Read {
  const end = endOfLine(text, offset)
  // The line itself is not shown: what is meant as a value may be a secret.
  const message = `this line is no NAME=value: ${flaw}`
  return { found: [{ kind: 'wrong', message, offset }], end }
}

interface Assignment {
  name: string
  offset: number
  /** Where the value begins. */
  from: number
}

function assignment(text: string, { name, offset, from }: Assignment): Read {
  const mark = text[from]
  if (mark === '"' || mark === "'") return quoted(text, { name, offset, from, mark })
  const end = endOfLine(text, from)
  const [value = ''] = text.slice(from, end).split(' #', 1)
  const found: Value = { text: value.trimEnd(), quote: undefined, offset: from }
  return { found: [{ kind: 'assignment', name, value: found, offset }], end }
}

// What comes after a quote that is not closed belongs to it, so that is the end.
function quoted(text: string, { name, offset, from, mark }: Assignment & { mark: '"' | "'" }): Read {
  const close = closingQuote(text, from + 1, mark)
  if (close < 0) {
    return {
      found: [{ kind: 'wrong', message: `the quote of ${name} is not closed`, offset: from }],
      end: text.length,
    }
  }
  const inner = text.slice(from + 1, close)
  const value: Value = { text: withoutEscapedQuotes(inner, mark), quote: mark, offset: from }
  return {
    found: [{ kind: 'assignment', name, value, offset }, ...afterQuote(text, close + 1)],
    end: close + 1,
  }
}

/** Compose reads what stands behind a closing quote as a further entry, which is rarely meant. */
function afterQuote(text: string, from: number): Statement[] {
  const offset = skip(text, from, SPACE)
  if (['\n', '#', undefined].includes(text[offset])) return []
  return [{ kind: 'odd', message: 'what follows the closing quote counts as an entry of its own', offset }]
}

function closingQuote(text: string, from: number, mark: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === mark) return at
  }
  return -1
}

function withoutEscapedQuotes(text: string, mark: string): string {
  return text.replace(/\\(.)/gs, (whole, char: string) => (char === mark ? mark : whole))
}

// As Compose reads them: a line end is no space, and a name may have letters of any script.
const BLANK = /[\s\x85]*/y
const SPACE = /[\t\v\f\r \x85\xa0]*/y
const EXPORT = /(?:export[\t\v\f\r \x85\xa0]+)?/y
const KEY = /[\p{L}\p{N}_.[\]\t\v\f\r \x85\xa0-]*/uy

function skip(text: string, from: number, what: RegExp): number {
  what.lastIndex = from
  what.test(text)
  return what.lastIndex
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}
