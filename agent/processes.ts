import { readKernelFile } from './kernel-file.ts'

/** What tells a process from a later one with the same pid. */
export interface ProcessIdentity {
  pid: number
  /** Clock ticks after boot, field 22 of /proc/<pid>/stat (proc(5)). */
  startTime: number
}

/** What tells a living process from a dead one, and from a later one with the same pid. */
export interface ProcessStat {
  /** One letter; `Z` and `X` are dead. */
  state: string
  /** Clock ticks after boot, field 22. */
  startTime: number
}

/** True when this very process lives; a zombie does not. */
export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  return startTimeOf(pid) === startTime
}

/**
 * When a process began, in clock ticks after boot; undefined when it has ended.
 * @param proc where procfs is mounted
 */
export function startTimeOf(pid: number, proc = '/proc'): number | undefined {
  const text = readKernelFile(`${proc}/${pid}/stat`)
  if (text === undefined) return undefined
  const stat = parseProcessStat(text)
  return isLiving(stat) ? stat.startTime : undefined
}

/** The command line of a process; empty for a zombie, undefined when there is none. */
export function argvOfProcess(pid: number): string[] | undefined {
  return readKernelFile(`/proc/${pid}/cmdline`)?.split('\0').slice(0, -1)
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
