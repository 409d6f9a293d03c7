/** One figure of a benchmark, and what the issue that asks for it allows. */
export interface Measured {
  name: string
  value: number
  unit: string
  /** The most that is allowed, in the same unit. */
  limit?: number
  /** What the value was held against, e.g. the floor of the same run. */
  note?: string
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** A table as it stands in docs/benchmarks.md. */
export function table(rows: Measured[]): string {
  const lines = rows.map(({ name, value, unit, limit, note }) => {
    const verdict = limit === undefined ? '' : value <= limit ? 'met' : 'MISSED'
    const bound = limit === undefined ? '' : `≤ ${limit} ${unit}`
    return `| ${name} | ${Number(value.toPrecision(3))} ${unit} | ${bound} | ${verdict} | ${note ?? ''} |`
  })
  return ['| what | measured | allowed | | |', '| --- | --- | --- | --- | --- |', ...lines].join('\n')
}
