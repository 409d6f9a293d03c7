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
