import type { Mount, VolumeSpec } from '../../schemas/volume.ts'
import type { ResolvedMount } from '../runtime/runtime.ts'

/** Named volumes and bind mounts of this host. */
export interface Volumes {
  /**
   * The host side of a mount, made if it may be made. A named volume that is new takes the image's content at the
   * mount's target, as Docker does.
   * @param imageRoot where the image's file system is mounted
   * @throws SetpointError MOUNT_FAILED saying which path is missing
   */
  resolve(mount: Mount, specs: VolumeSpec[], imageRoot: string): Promise<ResolvedMount>
  /** The names of the volumes that this agent has made. */
  list(): Promise<string[]>
  /** Removes a volume and all that is in it. Only ever called for a name that a person gave. */
  remove(name: string): Promise<void>
}
