import { parseNanoseconds } from '../../../../schemas/duration.ts'
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

const UNITS = { ms: 1_000_000n, µs: 1000n, ns: 1n }
const SECOND = 1_000_000_000n

/** A duration in the form of Go's `Duration.String`: `1m30s`, `2h0m0s`, `1.5s`, `100ms`, `0s`. */
function printDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s'
  const small = (['ms', 'µs', 'ns'] as const).find((unit) => nanoseconds >= UNITS[unit])
  if (small && nanoseconds < SECOND) return `${decimal(nanoseconds, UNITS[small])}${small}`
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
