import { errorFrom, SetpointError } from '../../schemas/error.ts'
import type { Task } from '../../schemas/task.ts'
import type { Entry } from './entry.ts'
import type { Runner } from './runner.ts'

/** The states in which it is known what became of a start. */
const BEGUN = ['running', 'complete', 'failed', 'rejected']

/**
 * Resolves once the task runs, or has ended well.
 * @throws SetpointError why it was rejected or failed; the runner tries again all the same
 */
export async function begun(runner: Runner): Promise<void> {
  const entry = await runner.until(
    ({ status, wanted }) => wanted === 'removed' || BEGUN.includes(status.state),
  )
  if (!entry || entry.wanted === 'removed') throw superseded(runner.entry().task)
  if (entry.status.state === 'failed') throw errorOf(entry)
  notRejected(entry)
}

/**
 * Resolves once nothing is left of the task.
 * @throws SetpointError what stands in the way; the runner tries again all the same
 */
export async function removed(runner: Runner): Promise<void> {
  const failed = await runner.until(({ retryAt }) => retryAt !== undefined)
  if (failed) throw errorOf(failed)
}

/** @throws SetpointError why the task is rejected, if it is */
export function notRejected(entry: Entry): void {
  if (entry.status.state === 'rejected') throw errorOf(entry)
}

function errorOf({ status }: Entry): SetpointError {
  return errorFrom(status.error ?? { code: 'RUNTIME_FAILED', message: 'The task did not start.' })
}

function superseded(task: Task): SetpointError {
  return new SetpointError('TASK_EXITED', `Task ${task.id} was removed before it ran.`)
}
