import { type ErrorFacts, errorFacts } from '../../../schemas/error.ts'
import type { Entry } from '../entry.ts'
import type { Ended, TaskContext } from './context.ts'
import type { Leftover } from './effects.ts'

/** The process of one task. */
export interface Process {
  /** Starts it, in place of what may be left of the one before. */
  start(): Promise<void>
  /** It has ended. */
  exited(exit: Ended): Promise<void>
}

interface ProcessOptions {
  /** What may be there of it before the first start. */
  leftover: Leftover
  /** Resolves once the task is on disk; nothing is started before. */
  accept: (entry: Entry) => Promise<void>
}

/** An exit that is older than the start by more milliseconds is one of the run before (file times are coarse). */
const COARSE = 20

/** The process of the task given. */
export function createProcess(context: TaskContext, { leftover, accept }: ProcessOptions): Process {
  const { id, entry, send, effects } = context
  let before = leftover
  /** Heard of while a process was being started. */
  let early: Ended | undefined

  async function start(): Promise<void> {
    const problem = await accept(entry()).then(() => undefined, cannotBeKept)
    if (problem) return send({ type: 'rejected', error: problem }) // also of an ended run that is to be followed
    send({ type: 'starting' })
    const there = before
    before = 'ended'
    early = undefined
    send(await effects.start(entry(), there))
    if (early) await exited(early)
  }

  async function exited(exit: Ended): Promise<void> {
    const { stop, status } = entry()
    // Whether it is the process that is being started or what was left of the one before is known once it is started.
    if (status.state === 'starting') early = exit
    if (status.state !== 'running' || !isOfThisRun(exit, entry())) return
    const failed = stop ? stop.why === 'unhealthy' || stop.why === 'late' : exit.exitCode !== 0
    const logTail = failed ? await effects.logTail(id) : []
    if (entry().status.run === status.run) send({ type: 'exited', exit, logTail })
  }

  return { start, exited }
}

function cannotBeKept(error: unknown): ErrorFacts {
  return errorFacts(error, 'DISK_FULL')
}

function isOfThisRun({ at }: Ended, { status }: Entry): boolean {
  if (at === undefined || status.startedAt === undefined) return true
  return Date.parse(at) >= Date.parse(status.startedAt) - COARSE
}
