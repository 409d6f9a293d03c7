import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

/** One process, told apart from any other that may get its number later. */
export interface ProcessMark {
  pid: number
  /** proc_pid_stat(5) field 22, in clock ticks since boot. */
  started: string
  boot: string
}

/** The mark of a running process; undefined when there is none of that number. */
export function markOf(pid: number): ProcessMark | undefined {
  const fields = statOf(pid)
  // A zombie has ended; only its parent has not noticed.
  if (!fields || fields.state === 'Z') return undefined
  return {
    pid,
    started: fields.started,
    boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  }
}

export function isAlive(mark: ProcessMark): boolean {
  const now = markOf(mark.pid)
  return now !== undefined && now.started === mark.started && now.boot === mark.boot
}

/** The argv of a process; empty when it is gone. Redis writes its own, one string. */
export function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean)
  } catch {
    return []
  }
}

/** SIGTERM, and SIGKILL after `deadline` ms. Resolves when the process is gone; tells which of the two it took. */
export async function stopProcess(mark: ProcessMark, deadline: number): Promise<'ended' | 'killed'> {
  signal(mark, 'SIGTERM')
  if (await gone(mark, deadline)) return 'ended'
  signal(mark, 'SIGKILL')
  await gone(mark, 10_000)
  return 'killed'
}

function signal(mark: ProcessMark, name: 'SIGTERM' | 'SIGKILL'): void {
  if (!isAlive(mark)) return
  try {
    process.kill(mark.pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** There is no event for the end of a process that is not a child. */
async function gone(mark: ProcessMark, deadline: number): Promise<boolean> {
  const end = Date.now() + deadline
  while (isAlive(mark)) {
    if (Date.now() > end) return false
    await pause(25)
  }
  return true
}

function statOf(pid: number): { state: string; started: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name, in parentheses, may itself hold blanks and parentheses.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', started: fields[19] ?? '' }
  } catch {
    return undefined
  }
}
