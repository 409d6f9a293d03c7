import type { Observed, ObservedHost } from '../../schemas/fleet.ts'
import type { TaskStatus } from '../../schemas/task.ts'

/** A task and the host that reported it. */
export interface LocatedTask {
  task: TaskStatus
  host: ObservedHost
}

const indexes = new WeakMap<Observed, Map<string, LocatedTask[]>>()

/** The tasks that the fleet reports of a stack. Observed is immutable, so each one is indexed once for all stacks. */
export function tasksOf(observed: Observed, stack: string): LocatedTask[] {
  const index = indexes.get(observed) ?? indexByStack(observed)
  indexes.set(observed, index)
  return index.get(stack) ?? []
}

function indexByStack(observed: Observed): Map<string, LocatedTask[]> {
  const index = new Map<string, LocatedTask[]>()
  for (const host of observed.values()) {
    for (const task of host.tasks) {
      if (task.state === 'removed') continue
      const tasks = index.get(task.stack)
      if (tasks) tasks.push({ task, host })
      else index.set(task.stack, [{ task, host }])
    }
  }
  return index
}
