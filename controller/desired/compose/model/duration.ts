import { type Cursor, expected, fail } from '../../cursor.ts'
import { type Node, textNode } from '../../yaml/node.ts'
import type { Shape } from '../shape.ts'

/** Compose Specification §Specifying durations, printed as Go prints them: `90s` is `1m30s`, `1d` is `24h0m0s`. */
export const duration: Shape = {
  expected: 'a duration with its unit, as in 30s or 1m30s',
  scalar: { types: ['string'] },
  canonical: printed,
}

function printed(at: Cursor): Node | undefined {
  const { node } = at
  const text = node.kind === 'scalar' ? node.text : ''
  if (/^-./.test(text)) return fail(at, `must not be negative: ${text}`)
  const nanoseconds = parseNanoseconds(text)
  if (nanoseconds === undefined || nanoseconds > LONGEST) return expected(at, duration.expected)
  return textNode(node, printDuration(nanoseconds))
}

/** What 63 bits of nanoseconds hold, 292 years. */
const LONGEST = 2n ** 63n - 1n

const SECOND = 1_000_000_000n
const UNITS: Record<string, bigint> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n, // U+00B5
  μs: 1000n, // U+03BC
  ms: 1_000_000n,
  s: SECOND,
  m: 60n * SECOND,
  h: 3600n * SECOND,
  d: 86_400n * SECOND,
  w: 604_800n * SECOND,
}
const PART = /(?=\.?\d)(\d*)(?:\.(\d*))?(ns|[uµμ]s|ms|s|m|h|d|w)/gy

/** Nanoseconds of a duration in Go's syntax, with days and weeks; undefined when it is none. */
export function parseNanoseconds(text: string): bigint | undefined {
  const unsigned = text.replace(/^\+/, '')
  if (unsigned === '0') return 0n
  // Nobody writes so many digits, and reading them takes its time.
  if (unsigned.length > 100) return undefined
  const parts = [...unsigned.matchAll(PART)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== unsigned) return undefined
  return parts.reduce(
    (sum, [, whole = '', fraction = '', unit = '']) => sum + scaled(whole, fraction, unit),
    0n,
  )
}

function scaled(whole: string, fraction: string, unit: string): bigint {
  const size = UNITS[unit] ?? 0n
  return BigInt(whole || 0) * size + (BigInt(fraction || 0) * size) / 10n ** BigInt(fraction.length)
}

/** As Go's `Duration.String`: `1m30s`, `2h0m0s`, `1.5s`, `100ms`, `0s`. */
function printDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s'
  const small = (['ms', 'µs', 'ns'] as const).find((unit) => nanoseconds >= (UNITS[unit] ?? 0n))
  if (small && nanoseconds < SECOND) return `${decimal(nanoseconds, UNITS[small] ?? 1n)}${small}`
  const hours = nanoseconds / (3600n * SECOND)
  const minutes = (nanoseconds / (60n * SECOND)) % 60n
  const seconds = `${decimal(nanoseconds % (60n * SECOND), SECOND)}s`
  if (hours > 0n) return `${hours}h${minutes}m${seconds}`
  return minutes > 0n ? `${minutes}m${seconds}` : seconds
}

/** A quotient in decimal digits, none of them a trailing zero behind the point. */
function decimal(value: bigint, unit: bigint): string {
  const places = String(unit).length - 1
  const fraction = String(value % unit)
    .padStart(places, '0')
    .replace(/0+$/, '')
  return `${value / unit}${fraction === '' ? '' : `.${fraction}`}`
}
