import type { Observed, ObservedHost } from '../../schemas/fleet.ts'
import type { ReportOf } from '../../schemas/report.ts'

export type { Observed, ObservedHost } from '../../schemas/fleet.ts'

/** Follows the agents' reports. */
export interface Fleet {
  /** Reads every snapshot there is, then follows the stream. */
  start(): Promise<void>
  observed(now: Date): Observed
  /**
   * The state of a host. One that was never heard is `lost` once it would be, had it been there at the start; one that
   * reports what cannot be read is not.
   */
  stateOf(host: string, now: Date): ObservedHost['state']
  /** Drops a host; when it reports again, it is a new one. @throws SetpointError REDIS_UNREACHABLE */
  forget(host: string): Promise<void>
  /** True once all that was there at the start has been read: who is not among the hosts then has not reported. */
  isCurrent(): boolean
  /** Calls the listener with the names of the stacks whose tasks changed; `null` when hosts came, went or were re-read. */
  onChange(listener: (stacks: Set<string> | null) => void): void
  /** Calls the listener with the name of a host whose agent has been started anew. */
  onNewLife(listener: (host: string) => void): void
  onOutcome(listener: (outcome: ReportOf<'outcome'>) => void): void
  close(): Promise<void>
}
