import { lookAt } from '../look.ts'
import type { ResolvedMount } from '../runtime.ts'

/**
 * Of a file nothing can be mounted below, so read-only says it all: crun 1.8 cannot make one read-only with what is below
 * it (`open mount target: Not a directory`).
 * @throws SetpointError MOUNT_FAILED where a file system does not answer: the runtime would wait for it, too
 */
export function withSingleFiles(mounts: ResolvedMount[]): Promise<ResolvedMount[]> {
  return Promise.all(
    mounts.map(async (mount) => {
      if (mount.type !== 'bind' || !mount.readOnly || mount.recursive !== undefined) return mount
      const found = await lookAt(mount.source) // the runtime tells of what is not there
      return found && !found.isFolder ? { ...mount, recursive: 'writable' } : mount
    }),
  )
}
