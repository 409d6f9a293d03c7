import { parseDuration } from '../../../schemas/duration.ts'
import { parseSize } from '../../../schemas/size.ts'
import { type Cursor, expected, fail, itemsOf, type Reader, suggestion } from '../cursor.ts'
import { plainPath } from '../files/plain-path.ts'
import { alternatives } from '../suggest.ts'
import { quote, scalarText } from '../yaml/node.ts'
import { looseBoolean } from '../yaml/scalar.ts'

/** A text; a number or boolean counts as what it prints as. */
export function text(cursor: Cursor): string | undefined {
  const { node } = cursor
  if (node.kind !== 'scalar' || node.value === null) return expected(cursor, 'a string')
  const value = scalarText(node)
  return value.includes('\0') ? fail(cursor, 'must not contain a NUL character') : value
}

/** A text that is not empty. */
export function filled(cursor: Cursor): string | undefined {
  const value = text(cursor)
  return value === '' ? fail(cursor, 'must not be empty') : value
}

/** true or false, and the `yes`, `no`, `on`, `off` of YAML 1.1. */
export function boolean(cursor: Cursor): boolean | undefined {
  const { node } = cursor
  const value = node.kind === 'scalar' ? looseBoolean(node.text) : undefined
  return value ?? expected(cursor, 'true or false')
}

/** A number of at least `minimum` (and at most `maximum`), also where it came from a variable as text. */
export function number(minimum: number, maximum = Number.MAX_SAFE_INTEGER): Reader<number> {
  const range =
    maximum === Number.MAX_SAFE_INTEGER ? `of ${minimum} or more` : `from ${minimum} to ${maximum}`
  return (cursor) => {
    const { node } = cursor
    const value =
      node.kind === 'scalar' && node.value !== null && node.text.trim() !== '' ? Number(node.value) : NaN
    return value >= minimum && value <= maximum ? value : expected(cursor, `a number ${range}`)
  }
}

/** A whole number, as `number`. */
export function integer(minimum: number, maximum?: number): Reader<number> {
  const read = number(minimum, maximum)
  return (cursor) => {
    const value = read(cursor)
    return value === undefined || Number.isSafeInteger(value) ? value : expected(cursor, 'a whole number')
  }
}

/** A hundred years, in milliseconds. */
const LONGEST = 100 * 365 * 86_400_000

/** Compose Specification §Specifying durations; milliseconds. */
export function duration(cursor: Cursor): number | undefined {
  const value = cursor.node.kind === 'scalar' ? parseDuration(cursor.node.text) : undefined
  if (value === undefined) return expected(cursor, 'a duration with its unit, as in 30s or 1m30s')
  return value > LONGEST ? fail(cursor, 'is longer than 100 years') : Math.round(value)
}

/** Compose Specification §Specifying byte values; bytes. */
export function size(cursor: Cursor): number | undefined {
  const value = cursor.node.kind === 'scalar' ? parseSize(cursor.node.text) : undefined
  return value ?? expected(cursor, 'a size, as in 512m or 1gb')
}

/** One of the given words. */
export function oneOf<const T extends string>(...words: T[]): Reader<T> {
  return (cursor) => {
    const value = cursor.node.kind === 'scalar' ? cursor.node.text : ''
    const found = words.find((word) => word === value)
    if (found !== undefined) return found
    const near = suggestion(cursor, value, words)
    const advice = near === undefined ? {} : { advice: `did you mean ${near}?`, suggestion: near }
    return expected(cursor, alternatives(words), advice)
  }
}

/** A list of which each item is read on its own; a wrong one is left out after its problem. */
export function listOf<T>(item: Reader<T>): Reader<T[]> {
  return (cursor) => itemsOf(cursor)?.flatMap((inner) => keep(item(inner)))
}

function keep<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value]
}

/** An octal file mode, however written: `0755`, `"0755"`, `0o755`, `755`. */
export function fileMode(cursor: Cursor): number | undefined {
  const { node } = cursor
  const digits = node.kind === 'scalar' ? /^(?:0o?)?([0-7]{3,4})$/.exec(node.text)?.[1] : undefined
  return digits ? Number.parseInt(digits, 8) : expected(cursor, 'an octal file mode, as in "0755"')
}

/** An absolute path in a container, without `..` and without a slash at its end. */
export function containerPath(cursor: Cursor): string | undefined {
  const value = text(cursor)
  return value === undefined ? undefined : checkContainerPath(cursor, value)
}

/** The same of a path that is known already, in its plain form. */
export function checkContainerPath(cursor: Cursor, value: string): string | undefined {
  if (!value.startsWith('/')) return fail(cursor, `${quote(value)} must be an absolute path in the container`)
  if (value.split('/').includes('..')) return fail(cursor, `${quote(value)} must not contain ..`)
  return `/${plainPath(value)}`
}

/** The path of a device on the host. */
export function hostDevice(cursor: Cursor): string | undefined {
  const value = filled(cursor)
  if (value === undefined) return undefined
  if (value.startsWith('/') && !value.split('/').includes('..')) return value
  return expected(cursor, 'the absolute path of a device on the host, as in /dev/sda')
}
