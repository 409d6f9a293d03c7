import type { Task } from '../../schemas/task.ts'
import type { ResolvedMount } from '../runtime/runtime.ts'

/** Secrets on this host: sealed on its disk, in the clear only in memory, for the tasks that use them. */
export interface Secrets {
  /**
   * Opens the secrets of a task into memory, fetched if they are not on this host yet. Repeatable.
   * @throws SetpointError CONTENT_MISSING or CONTENT_INVALID, which are worth another try; HOST_KEY_CHANGED or
   *   HOST_KEY_MISSING as the controller tells; SECRET_SEALED for a file that was encrypted for others
   */
  resolve(task: Task): Promise<ResolvedMount[]>
  /** Removes what was opened for a task. Repeatable. */
  remove(taskId: string): Promise<void>
  /** Removes from the disk what no task uses, and from memory what is of no task. */
  release(isUsed: (digest: string) => boolean, isTask: (id: string) => boolean): Promise<void>
}
