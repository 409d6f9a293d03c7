/** In nanoseconds. */
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

/** Milliseconds from a duration as Compose and Go write it (`1m30s`, `1.5s`, `2h`, `1d`); undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const nanoseconds = parseNanoseconds(text.trim())
  return nanoseconds === undefined ? undefined : Number(nanoseconds) / 1_000_000
}

/** Nanoseconds of a duration in Go's syntax, with days and weeks (Compose Specification §Specifying durations); undefined when it is none. */
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

/** A duration for people: `850ms`, `4.2s`, `1m30s`, `2h5m`. Takes milliseconds. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))}s`
  const seconds = Math.round(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m${pad(seconds % 60, 's')}`
  return `${Math.floor(minutes / 60)}h${pad(minutes % 60, 'm')}`
}

function pad(value: number, unit: string): string {
  return value === 0 ? '' : `${value}${unit}`
}
