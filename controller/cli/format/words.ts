/** How long ago an ISO time was: `12s`, `3m`, `5h`, `12d`. Nothing for nothing. */
export function age(since: string | null | undefined, now: Date): string {
  if (!since) return ''
  const seconds = Math.max(0, Math.floor((now.getTime() - Date.parse(since)) / 1000))
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}

/** `in 12s` until an ISO time, `now` when it is past. */
export function until(at: string, now: Date): string {
  const left = age(now.toISOString(), new Date(at))
  return left === '0s' ? 'now' : `in ${left}`
}

/** `1 change`, `2 changes`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** The beginning of a text that would make a table too wide; JSON has the whole. */
export function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}

/** `2/3`: how many of the slots of a stack's services serve. While one task gives way to another a slot has two. */
export function servingOf(services: { healthy: number; desired: number }[]): string {
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0)
  const serving = services.map(({ healthy, desired }) => Math.min(healthy, desired))
  return `${sum(serving)}/${sum(services.map(({ desired }) => desired))}`
}

/** Bytes as people read them: `7.8 GB` (base 1024). */
export function bytes(number: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, number)) / 10))
  return `${Number((number / 1024 ** power).toFixed(1))} ${units[power]}`
}
