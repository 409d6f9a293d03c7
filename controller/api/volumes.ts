import type { RemovedVolumesDocument, VolumesDocument } from '../../schemas/status.ts'

export interface VolumesQuery {
  /** Only what this stack uses, declares or was the last to use. */
  stack?: string
  /** Measure them. */
  size: boolean
  /** Only what could be removed. */
  unused: boolean
}

export interface RemoveVolumesQuery {
  names: string[]
  /** Needed when several hosts have a volume of that name. */
  host?: string | undefined
}

/** The volumes of the fleet, which their hosts are asked for. */
export interface VolumeService {
  /** @throws SetpointError STACK_NOT_FOUND, NOT_LEADER, REDIS_UNREACHABLE */
  volumes(query: VolumesQuery): Promise<VolumesDocument>
  /**
   * Removes volumes and what is in them, all or, when one of them is kept, none. Resolves once they are gone. What somebody
   * has come to declare meanwhile is kept, and so is all that remains when `signal` aborts.
   * @throws SetpointError VOLUME_KEPT, USAGE when several hosts have it, HOST_NOT_FOUND, SESSION_LOST when a host that may
   * have it does not answer, NOT_LEADER, REDIS_UNREACHABLE, what the host says
   */
  removeVolumes(query: RemoveVolumesQuery, signal: AbortSignal): Promise<RemovedVolumesDocument>
}
