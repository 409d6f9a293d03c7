import type { Problem } from '../../../../schemas/problem.ts'
import { errorAt, note, noticeAt } from '../../problems.ts'
import { placesOf, withoutMark } from '../../text.ts'
import type { Place } from '../../yaml/node.ts'
import { type Statement, statements, type Value } from './dotenv-statements.ts'
import type { EnvFile } from './env-file.ts'
import { createFillIn, type Unset } from './fill-in.ts'
import type { Lookup } from './template.ts'

export interface DotenvOptions {
  /** What a bare name takes, and what wins where a value names a variable. */
  outer: Lookup
  /** What an unset variable in a value is. */
  unset?: Unset
  /** The variables of files that were read before: this file's own win over them. */
  earlier?: Lookup
}

/**
 * A dotenv file (Compose Specification §Env_file format): `NAME=value`, `export NAME=value`, `NAME: value`, comments,
 * quotes. Quoted values may span lines; outside single quotes variables are filled in, from `outer` first and then
 * from the names above. A bare `NAME` takes its value from `outer` or is left out.
 */
export function parseDotenv(
  file: string,
  content: string,
  { outer, unset = 'error', earlier }: DotenvOptions,
): EnvFile {
  const problems: Problem[] = []
  const variables = new Map<string, string>()
  const places = new Map<string, Place>()
  const lookup: Lookup = (name) => outer(name) ?? variables.get(name) ?? earlier?.(name)
  const fillIn = createFillIn({ variables: lookup, unset }, problems)
  const text = withoutMark(content)
  const place = placesOf(file, text)
  for (const statement of statements(text)) read(statement, place(statement.offset))
  return { variables, places, problems }

  function read(statement: Statement, at: Place): void {
    if (statement.kind === 'assignment') keep(statement.name, at, filled(statement))
    else if (statement.kind === 'bare') keep(statement.name, at, outer(statement.name))
    else if (statement.kind === 'wrong') note(problems, errorAt(at, '', statement.message))
    else note(problems, noticeAt(at, '', statement.message))
  }

  function filled({ name, value }: Extract<Statement, { kind: 'assignment' }>): string | undefined {
    const at = place(value.offset)
    return value.quote === "'" ? value.text : fillIn(templateOf(value), () => at, name)
  }

  function keep(name: string, at: Place, value: string | undefined): void {
    if (value === undefined) return
    variables.set(name, value)
    places.set(name, at)
  }
}

function templateOf({ text, quote }: Value): string {
  return quote === '"' ? text.replace(ESCAPE, unescaped) : text
}

const ESCAPE = /\\(?:[abcfnrtv$"\\]|0\d{0,3})/g

const ESCAPES: Record<string, string> = {
  '\\a': '\x07',
  '\\b': '\b',
  '\\f': '\f',
  '\\n': '\n',
  '\\r': '\r',
  '\\t': '\t',
  '\\v': '\v',
  '\\"': '"',
  '\\\\': '\\',
  // For the variables, which are filled in next.
  '\\$': '$$',
}

/** `\0101` is a character by its octal number; what is no escape stays, without the 0. */
function unescaped(written: string): string {
  if (!written.startsWith('\\0')) return ESCAPES[written] ?? written
  const digits = written.slice(2)
  return /^[0-3][0-7]{2}$/.test(digits) ? String.fromCharCode(Number.parseInt(digits, 8)) : `\\${digits}`
}
