import type { HostInfo, ReportOf, Stray } from '../../schemas/report.ts'
import type { TaskStatus } from '../../schemas/task.ts'

/** A host as last seen. `stale`: a heartbeat is late; `lost`: three are missing. Its tasks are kept as they were. */
export interface ObservedHost {
  info: HostInfo
  state: 'ready' | 'stale' | 'lost'
  /** ISO time of the last report. */
  seen: string
  tasks: TaskStatus[]
  strays: Stray[]
}

/** The fleet as last seen: host name to host. A host that never reported is not in it: unknown is not empty. */
export type Observed = ReadonlyMap<string, ObservedHost>

/** Follows the agents' reports. */
export interface Fleet {
  /** Reads every snapshot there is, then follows the stream. */
  start(): Promise<void>
  observed(now: Date): Observed
  /** Calls the listener with the names of the stacks whose tasks changed; `null` when hosts came, went or were re-read. */
  onChange(listener: (stacks: Set<string> | null) => void): void
  onOutcome(listener: (outcome: ReportOf<'outcome'>) => void): void
  /** The answers that come for a request until one from each of `hosts` is there or `timeout` ms have passed. */
  answers(requestId: string, hosts: string[], timeout: number): Promise<ReportOf<'answer'>[]>
  close(): Promise<void>
}
