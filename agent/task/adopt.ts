import { messageOf } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import type { Clock } from '../clock.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Entry } from './entry.ts'
import { readLogTail } from './run/log-tail.ts'
import { step } from './step.ts'

interface AdoptDeps {
  runtime: Runtime
  clock: Clock
  log: Log
}

/** What journaled tasks have become while no agent was there. */
export async function adoptAll(known: Entry[], deps: AdoptDeps): Promise<Entry[]> {
  const pids = new Map((await deps.runtime.list()).map(({ id, pid }) => [id, pid]))
  return Promise.all(known.map((entry) => adoptOne(entry, pids.get(entry.task.id) ?? 0, deps)))
}

/** A task that cannot be looked at is prepared again, and found then if it runs; it keeps no other from being adopted. */
async function adoptOne(entry: Entry, pid: number, deps: AdoptDeps): Promise<Entry> {
  try {
    return await adopt(entry, pid, deps)
  } catch (error) {
    const fields = { task: entry.task.id, problem: messageOf(error) }
    deps.log.warn(fields, 'A task could not be looked at; it is set up again')
    return step(entry, { type: 'gone' }, deps.clock.now())
  }
}

/**
 * It still runs, it has ended, or (after a reboot) nothing is left of it. A run of which the journal does not know yet
 * is found again when the task is to be started.
 */
async function adopt(entry: Entry, pid: number, { runtime, clock }: AdoptDeps): Promise<Entry> {
  const { task, status } = entry
  if (status.state !== 'running') return { ...entry, prepared: null }
  const state = pid > 0 ? await runtime.state(task.id) : undefined
  if (state?.status === 'running') return { ...entry, status: { ...status, pid: state.pid } }
  const exit = await runtime.exitOf(task.id)
  if (!exit) return step(entry, { type: 'gone' }, clock.now())
  const logTail = await readLogTail(task.id, runtime)
  // what was mounted for it is made again: it costs little, and the host may have been restarted since
  return { ...step(entry, { type: 'exited', exit, logTail }, clock.now()), prepared: null }
}
