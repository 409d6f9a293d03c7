import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { isLiving, parseProcessStat } from '../process-stat.ts'

/** What tells a process from a later one with the same pid. */
export interface ProcessIdentity {
  pid: number
  /** Clock ticks after boot, field 22 of /proc/<pid>/stat (proc(5)). */
  startTime: number
}

/** True when this very process lives; a zombie does not. */
export async function isAlive({ pid, startTime }: ProcessIdentity): Promise<boolean> {
  const text = await read(`/proc/${pid}/stat`)
  if (text === undefined) return false
  const stat = parseProcessStat(text)
  return isLiving(stat) && stat.startTime === startTime
}

/** The command line of a process; undefined when there is none. */
export async function argvOfProcess(pid: number): Promise<string[] | undefined> {
  return (await read(`/proc/${pid}/cmdline`))?.split('\0').slice(0, -1)
}

/** True when this process may lock as much memory as it likes, or may lift the limit (getrlimit(2), capabilities(7)). */
export async function mayLockMemory(): Promise<boolean> {
  const [limits = '', status = ''] = await Promise.all(
    ['limits', 'status'].map((file) => read(`/proc/self/${file}`)),
  )
  if (/^Max locked memory\s+\S+\s+unlimited/m.test(limits)) return true
  const effective = BigInt(`0x${/^CapEff:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  return (effective & CAP_SYS_RESOURCE) !== 0n
}

/** Kills a process and all that it has started, parents first so that nothing new comes up. */
export async function killTree(pid: number): Promise<void> {
  const children = await read(`/proc/${pid}/task/${pid}/children`)
  signal(pid, 'SIGKILL')
  await Promise.all((children?.split(' ') ?? []).filter(Boolean).map((child) => killTree(Number(child))))
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

const CAP_SYS_RESOURCE = 1n << 24n
const FIRST_REALTIME = 34
const LAST_REALTIME = 64

/** Without a thread of the pool: the kernel makes the text as it is read. ESRCH: the process went meanwhile. */
async function read(file: string): Promise<string | undefined> {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    return undefined
  }
}
