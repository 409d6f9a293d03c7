import type { TaskStatus } from '../../schemas/task.ts'
import type { Clock } from '../clock.ts'

export interface Change {
  tasks: TaskStatus[]
  /** Ids of tasks of which nothing is left. */
  gone: string[]
}

/** Changes this close together (ms) are told together. */
const DEBOUNCE = 5

/**
 * Gathers the ids of tasks that changed and tells of them together.
 * @param statusOf a task's status now; undefined when it is gone
 */
export function createChanges(clock: Clock, statusOf: (id: string) => TaskStatus | undefined) {
  const listeners: ((change: Change) => void)[] = []
  const changed = new Set<string>()
  let cancel: (() => void) | undefined

  const tell = () => {
    cancel = undefined
    const ids = [...changed]
    changed.clear()
    const tasks = ids.flatMap((id) => statusOf(id) ?? [])
    const gone = ids.filter((id) => statusOf(id) === undefined)
    for (const listener of listeners) listener({ tasks, gone })
  }

  return {
    listen: (listener: (change: Change) => void) => void listeners.push(listener),
    touch(id: string): void {
      changed.add(id)
      cancel ??= clock.after(DEBOUNCE, tell)
    },
    close: () => cancel?.(),
  }
}
