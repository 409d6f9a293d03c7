import type { HostInfo, Stray } from './report.ts'
import type { TaskStatus } from './task.ts'
import type { Usage } from './usage.ts'

/** A host as last seen. `stale`: a heartbeat is late; `lost`: three are missing. Its tasks are kept as they were. */
export interface ObservedHost {
  info: HostInfo
  state: 'ready' | 'stale' | 'lost'
  /** ISO time of the last report. */
  seen: string
  tasks: TaskStatus[]
  strays: Stray[]
  /** What its tasks used when it was last heard, by id. */
  usage?: Readonly<Record<string, Usage>>
}

/** The fleet as last seen: host name to host. A host that never reported is not in it: unknown is not empty. */
export type Observed = ReadonlyMap<string, ObservedHost>

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
