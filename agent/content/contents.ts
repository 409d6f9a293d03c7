import type { Task } from '../../schemas/task.ts'
import type { ResolvedMount } from '../runtime/runtime.ts'

/** Configs and files of the repository on this host. */
export interface Contents {
  /**
   * Where on this host the content is that a task mounts, fetched if it is not here yet. Secrets are left out.
   * @throws SetpointError CONTENT_MISSING or CONTENT_INVALID; both are worth another try
   */
  resolve(task: Task): Promise<ResolvedMount[]>
  /** Removes what no task uses. */
  release(isUsed: (digest: string) => boolean): Promise<void>
}
