import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isLiving, parseProcessStat } from '../process-stat.ts'

/** What can be read of a process; undefined when it has ended. */
export interface ProcessFacts {
  /** Clock ticks after boot (proc(5), field 22 of stat): tells a process from a later one with the same pid. */
  startTime: number
  mountinfo: string
}

/**
 * Reads /proc/<pid>; a file there is made as it is read, so that this takes microseconds and no other thread.
 * @param proc where procfs is mounted
 */
export function readProcess(proc: string, pid: number): ProcessFacts | undefined {
  const text = readOrGone(join(proc, String(pid), 'stat'))
  if (text === undefined) return undefined
  const stat = parseProcessStat(text)
  if (!isLiving(stat)) return undefined
  const mountinfo = readOrGone(join(proc, String(pid), 'mountinfo'))
  return mountinfo === undefined ? undefined : { startTime: stat.startTime, mountinfo }
}

function readOrGone(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
