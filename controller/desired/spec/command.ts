import { type Cursor, expected, notice } from '../cursor.ts'
import { listOf, text } from './values.ts'

/**
 * Compose Specification §command, §entrypoint: a list is the argv as it stands, a string is split by the quoting
 * rules of a shell; no shell runs, nothing is expanded. `[]` and `''` are an empty argv.
 */
export function argv(cursor: Cursor): string[] | undefined {
  if (cursor.node.kind !== 'scalar') return listOf(text)(cursor)
  const line = text(cursor)
  if (line === undefined) return undefined
  const words = splitWords(line)
  if (!words) return expected(cursor, 'a command whose quotes are closed')
  const operator = words.find((word) => !word.quoted && /^(\|\|?|&&?|;|>>?|<)$/.test(word.value))
  if (operator) {
    notice(
      cursor,
      `no shell runs this: ${operator.value} is an argument; write ["/bin/sh", "-c", "…"] for a shell`,
    )
  }
  return words.map((word) => word.value)
}

interface Word {
  value: string
  quoted: boolean
}

/** Words by POSIX quoting (`'…'`, `"…"`, `\`); undefined when a quote is not closed. */
export function splitWords(line: string): Word[] | undefined {
  const words: Word[] = []
  let word: Word | undefined
  let quote = ''
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? ''
    if (quote === '' && /\s/.test(char)) {
      if (word) words.push(word)
      word = undefined
      continue
    }
    word ??= { value: '', quoted: false }
    if (char === quote) quote = ''
    else if (quote === '' && (char === '"' || char === "'")) {
      quote = char
      word.quoted = true
    } else if (char === '\\' && escapes(quote, line[at + 1])) {
      word.value += line[++at] === '\n' ? '' : line[at]
    } else word.value += char
  }
  if (word) words.push(word)
  return quote === '' ? words : undefined
}

function escapes(quote: string, next: string | undefined): boolean {
  if (next === undefined || quote === "'") return false
  return quote === '' || '"\\$`\n'.includes(next)
}
