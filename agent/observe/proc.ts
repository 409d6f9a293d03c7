import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What can be read of a process; undefined when it has ended. */
export interface ProcessFacts {
  /** Clock ticks after boot (proc(5), field 22 of stat): tells a process from a later one with the same pid. */
  startTime: string
  mountinfo: string
}

/** @param proc where procfs is mounted */
export async function readProcess(proc: string, pid: number): Promise<ProcessFacts | undefined> {
  const [stat, mountinfo] = await Promise.all([
    readOrGone(join(proc, String(pid), 'stat')),
    readOrGone(join(proc, String(pid), 'mountinfo')),
  ])
  // the name of a process stands in brackets and may hold anything
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ended = !fields || mountinfo === undefined || ['Z', 'X'].includes(fields[0] ?? 'X')
  return ended ? undefined : { startTime: fields[19] ?? '', mountinfo }
}

async function readOrGone(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
