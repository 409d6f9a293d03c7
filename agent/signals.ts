import { constants } from 'node:os'
import { readKernelFile } from './kernel-file.ts'

/** Kills a process and all that it has started, parents first so that nothing new comes up. */
export function killTree(pid: number): void {
  const children = readKernelFile(`/proc/${pid}/task/${pid}/children`)?.split(' ') ?? []
  signal(pid, 'SIGKILL')
  for (const child of children.filter(Boolean)) killTree(Number(child))
}

/** Sends a signal; a process that is gone is no error. @param name as in Docker: `SIGTERM`, `TERM`, `15`, `SIGRTMIN+3` */
export function signal(pid: number, name: string): void {
  try {
    process.kill(pid, signalNumber(name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** signal(7) of Linux; SIGTERM for a name that is none. */
export function signalNumber(name: string): number {
  if (/^\d+$/.test(name)) return Number(name)
  const upper = name.toUpperCase()
  const full = upper.startsWith('SIG') ? upper : `SIG${upper}`
  const realtime = /^SIGRT(MIN|MAX)(?:([+-])(\d+))?$/.exec(full)
  if (realtime) {
    const offset = Number(`${realtime[2] ?? '+'}${realtime[3] ?? 0}`)
    return (realtime[1] === 'MIN' ? FIRST_REALTIME : LAST_REALTIME) + offset
  }
  return constants.signals[full as NodeJS.Signals] ?? constants.signals.SIGTERM
}

const FIRST_REALTIME = 34
const LAST_REALTIME = 64
