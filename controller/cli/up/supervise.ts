import { setTimeout as pause } from 'node:timers/promises'
import { formatDuration } from '../../../schemas/duration.ts'
import { removePidFile, writePidFile } from './pid-file.ts'
import { describeExit, type Exit, type Started, startDetached } from './spawn.ts'

export interface ServiceSpec {
  name: string
  argv: string[]
  env: NodeJS.ProcessEnv
  pidFile: string
  /** Where its stdout and stderr go. */
  words: string
}

export interface Supervised {
  name: string
  /** Resolves if the process ends before `settle` was called: then it is not started again. */
  failed: Promise<Exit>
  /** From now on the process is started again whenever it ends. */
  settle(): void
  /** SIGTERM, and SIGKILL after `deadline` ms. */
  stop(deadline: number): Promise<void>
  /** SIGKILL at once. */
  kill(): void
}

/** Milliseconds before a process that ended is started again: at first, doubling with each failure, and at the most. */
const FIRST_DELAY = 200
const LONGEST_DELAY = 10_000
/** A process that has lived this long (ms) counts as well again. */
const WELL_AFTER = 30_000

/** Milliseconds until a process is started again after it has ended `failures` times in a row. */
export function backOff(failures: number): number {
  return Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.max(0, failures - 1))
}

/** Starts a process and keeps it alive; `tell` gets one line when it begins to fail, not one for each failure. */
export function supervise(spec: ServiceSpec, tell: (line: string) => void): Supervised {
  const stopping = new AbortController()
  const failure = Promise.withResolvers<Exit>()
  let settled = false
  let running: Started | undefined

  const watch = async () => {
    let failures = 0
    while (!stopping.signal.aborted) {
      const since = Date.now()
      running = startDetached(spec.argv, spec.words, spec.env)
      if (running.pid !== undefined) writePidFile(spec.pidFile, running.pid)
      const exit = await running.exited
      if (stopping.signal.aborted) break
      if (!settled) return failure.resolve(exit)
      failures = Date.now() - since > WELL_AFTER ? 1 : failures + 1
      if (failures === 1) tell(restartLine(spec, exit))
      await pause(backOff(failures), undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const ended = watch()
    .catch((error: Error) => failure.resolve({ code: null, signal: null, error }))
    .finally(() => removePidFile(spec.pidFile))

  return {
    name: spec.name,
    failed: failure.promise,
    settle: () => {
      settled = true
    },
    async stop(deadline) {
      stopping.abort()
      running?.kill('SIGTERM')
      const late = setTimeout(() => running?.kill('SIGKILL'), deadline)
      await ended
      clearTimeout(late)
    },
    kill: () => running?.kill('SIGKILL'),
  }
}

function restartLine({ name, words }: ServiceSpec, exit: Exit): string {
  return `${name} ended (${describeExit(exit)}) and is started again in ${formatDuration(FIRST_DELAY)}; its last words: ${words}`
}
