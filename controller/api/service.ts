import type { Event } from '../../schemas/event.ts'
import type { HistoryEntry } from '../../schemas/record.ts'
import type { StackSpec } from '../../schemas/stack.ts'
import type {
  DriftItem,
  ForgottenHostDocument,
  PlanDocument,
  SecretStatus,
  StatsDocument,
  StatusDocument,
} from '../../schemas/status.ts'
import type { Access } from './access.ts'
import type { VolumeService } from './volumes.ts'

/** What the API lets people do: the controller as seen through HTTP. Unknown stacks throw STACK_NOT_FOUND. */
export interface Service extends Access, VolumeService {
  /** Every stack, or the one named. */
  status(stack?: string): StatusDocument
  /** Calls the listener after each turn and each report that changed the status; returns how to stop that. */
  onChange(listener: () => void): () => void
  /** What would change if these stacks were wanted; without them, what the newest commit still has to change. */
  plan(candidates?: StackSpec[]): PlanDocument
  drift(stack?: string): DriftItem[]
  /** What the running tasks of every stack, or the one named, use. */
  stats(stack?: string): StatsDocument
  /** What has happened, oldest first; with `follow` also what happens, until `signal` aborts. */
  events(
    query: { follow: boolean; since?: string; stack?: string },
    signal: AbortSignal,
  ): AsyncGenerator<Event>
  /** Newest first. */
  history(stack: string): HistoryEntry[]
  /**
   * Goes back to a healthy revision (a prefix of its id), or the one before the current; holds until a newer commit.
   * @returns the whole revision that it goes back to
   * @throws SetpointError REVISION_NOT_FOUND with those that there are
   */
  rollback(stack: string, revision?: string): Promise<string>
  /**
   * Takes the key that a host reports for its own; `recipient`, when given, is the one that the person has seen.
   * @returns the recipient that is pinned from now on
   * @throws SetpointError HOST_NOT_FOUND, HOST_KEY_MISSING, USAGE
   */
  trust(host: string, recipient?: string): Promise<string>
  /**
   * Forgets a host that is gone for good: what was there is placed anew.
   * @throws SetpointError HOST_NOT_FOUND, HOST_REPORTS, NOT_LEADER, REDIS_UNREACHABLE
   */
  forgetHost(host: string): Promise<ForgottenHostDocument>
  /** The recipient of the controller's own key. */
  recipient: string
  /** The external secrets by name, without their values. */
  secrets(): SecretStatus[]
  /**
   * Gives an external secret a value, sealed to the controller's recipient. The services that use it are replaced.
   * @throws SetpointError USAGE, SECRET_SEALED
   */
  setSecret(name: string, sealed: Buffer): Promise<SecretStatus>
  /** @throws SetpointError SECRET_NOT_FOUND, SECRET_IN_USE */
  removeSecret(name: string): Promise<void>
  /** Looks at every source now; resolves when each has been read, or has failed, and its turns have been taken. */
  sync(): Promise<void>
}
