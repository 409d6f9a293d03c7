const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** Bytes for people, in powers of 1000 as registries count: `512 B`, `34 MB`, `1.2 GB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1)
  const value = bytes / 1000 ** power
  return `${power > 2 ? value.toFixed(1) : Math.round(value)} ${UNITS[power]}`
}
