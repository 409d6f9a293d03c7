import type { Mount, VolumeSpec } from '../../schemas/volume.ts'
import type { ResolvedMount } from '../runtime/runtime.ts'
import type { Meta } from './meta.ts'

/** What a mount is for. */
export interface Purpose {
  taskId: string
  /** The volumes that the task names. */
  specs: VolumeSpec[]
  /** Where the image's file system is mounted. */
  imageRoot: string
}

/** What is needed on this host. */
export interface InUse {
  /** Names. */
  volumes: Set<string>
  /** Ids. */
  tasks: Set<string>
}

/** Whether a volume may be removed, by what is known of it. */
export type MayGo = (meta: Meta | undefined) => boolean | Promise<boolean>

/** Volumes and bind mounts of this host. */
export interface Volumes {
  /**
   * The host side of a mount, made and mounted if it may be. A volume that is new takes the image's content at the
   * mount's target, as Docker does. Repeatable.
   * @throws SetpointError MOUNT_FAILED saying what is missing, or DISK_FULL
   */
  resolve(mount: Mount, purpose: Purpose): Promise<ResolvedMount>
  /**
   * Sees to it that what was resolved is still mounted: a container is never started on the bare folder below.
   * @throws SetpointError MOUNT_FAILED when somebody has unmounted it
   */
  check(mounts: ResolvedMount[]): Promise<void>
  /**
   * Unmounts what no task needs; data stays. What cannot be unmounted is told in the log and tried again the next time.
   * @param inUse asked for each volume when it is its turn
   */
  release(inUse: () => InUse): Promise<void>
  /** The names of the volumes that this agent has made, without those that are external. */
  list(): Promise<string[]>
  /**
   * Removes a volume and all that is in it; of one with `driver_opts` only the mount and what is known of it, as Docker
   * does. Only ever called for a name that a person gave.
   * @param mayGo asked of what is known of the volume while nobody else can open it; false: it stays, as when it throws
   * @throws SetpointError MOUNT_FAILED while something is mounted in its folder, VOLUME_KEPT when it is out of use but not all
   * that was in it could be deleted
   */
  remove(name: string, mayGo?: MayGo): Promise<void>
}
