/** What tells a living process from a dead one, and from a later one with the same pid. */
export interface ProcessStat {
  /** One letter; `Z` and `X` are dead. */
  state: string
  /** Clock ticks after boot, field 22. */
  startTime: number
}

/** The text of /proc/<pid>/stat, see proc(5). */
export function parseProcessStat(text: string): ProcessStat {
  // the name stands in brackets and may hold anything, brackets too
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', startTime: Number(fields[19]) }
}

/** False for a zombie, which only waits to be collected, and for one whose file was already empty. */
export function isLiving({ state }: ProcessStat): boolean {
  return !['', 'Z', 'X'].includes(state)
}
