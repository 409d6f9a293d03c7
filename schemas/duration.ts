const UNITS: Record<string, number> = {
  ns: 0.000001,
  us: 0.001,
  µs: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** Milliseconds from a Compose duration (`1m30s`, `1.5s`, `2h`, `1d`; Compose Specification §"Specifying durations"); undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w)/gy)]
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text.trim()) return undefined
  return parts.reduce((total, [, value, unit]) => total + Number(value) * (UNITS[unit ?? ''] ?? 0), 0)
}

/** A duration for people: `850ms`, `4.2s`, `1m30s`, `2h5m`. Takes milliseconds. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))}s`
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `${minutes}m${pad(Math.round((ms % 60_000) / 1000), 's')}`
  return `${Math.floor(minutes / 60)}h${pad(minutes % 60, 'm')}`
}

function pad(value: number, unit: string): string {
  return value === 0 ? '' : `${value}${unit}`
}
