import type { Clock } from '../clock.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Entry } from './entry.ts'
import { step } from './step.ts'

/**
 * What a journaled task has become while no agent was there: it still runs, it has ended, or (after a reboot) nothing
 * is left of it. A run of which the journal does not know yet is found again when the task is to be started.
 */
export async function adoptEntry(
  entry: Entry,
  pid: number,
  { runtime, clock }: { runtime: Runtime; clock: Clock },
): Promise<Entry> {
  const { task, status } = entry
  if (status.state !== 'running') return { ...entry, prepared: null }
  const state = pid > 0 ? await runtime.state(task.id) : undefined
  if (state?.status === 'running') return { ...entry, status: { ...status, pid: state.pid } }
  const exit = await runtime.exitOf(task.id)
  if (!exit) return step(entry, { type: 'gone' }, clock.now())
  const logTail = (await runtime.logs(task.id, 20)).map(({ text }) => text)
  // what was mounted for it is made again: it costs little, and the host may have been restarted since
  return { ...step(entry, { type: 'exited', exit, logTail }, clock.now()), prepared: null }
}
