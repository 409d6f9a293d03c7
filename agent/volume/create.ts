import { join } from 'node:path'
import { messageOf } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import type { Mount } from '../../schemas/volume.ts'
import { isInside, readMounts } from '../mountinfo.ts'
import type { Paths } from '../paths.ts'
import type { ResolvedMount } from '../runtime/runtime.ts'
import { mountFailure } from './failure.ts'
import { createHeldMounts } from './held-mounts.ts'
import { createNamed } from './named.ts'
import { mountsFolder } from './places.ts'
import { sourceOf } from './source.ts'
import type { Volumes } from './volumes.ts'

export interface VolumesOptions {
  paths: Pick<Paths, 'state' | 'run' | 'task'>
  log: Pick<Log, 'info' | 'warn'>
}

/** Volumes, bind mounts and folders in memory of this host. */
export function createVolumes({ paths, log }: VolumesOptions): Volumes {
  const named = createNamed({ paths, log })
  const heldFolder = join(paths.run, 'held')
  const heldMounts = createHeldMounts(heldFolder)

  return {
    async resolve(mount, purpose) {
      if (mount.type === 'tmpfs') return resolved(mount, '')
      const source = await sourceOf(mount, purpose, { paths, named, heldMounts })
      const isMountPoint = [mountsFolder(paths), heldFolder].some((folder) => isInside(source, folder))
      return { ...resolved(mount, source), ...(isMountPoint && { isMountPoint }) }
    },
    async check(mounts) {
      const sources = mounts.filter(({ isMountPoint }) => isMountPoint).map(({ source }) => source)
      if (sources.length === 0) return
      const mounted = new Set((await readMounts()).map(({ target }) => target))
      const gone = sources.find((source) => !mounted.has(source))
      if (gone === undefined) return
      throw mountFailure(`${gone} was unmounted by somebody.`, {
        hint: 'It is mounted again at the next try.',
      })
    },
    async release(inUse) {
      const warn = (error: unknown) =>
        log.warn({ problem: messageOf(error) }, 'A volume that no task uses could not be unmounted')
      await named.release((name) => inUse().volumes.has(name)).catch(warn)
      await heldMounts.release((taskId) => inUse().tasks.has(taskId)).catch(warn)
    },
    list: named.list,
    remove: named.remove,
  }
}

/** What is left to the runtime of a mount once its source is known. */
function resolved(mount: Mount, source: string): ResolvedMount {
  const { type, createHostPath: _, subpath: __, noCopy: ___, ...rest } = mount
  return { ...rest, type: type === 'tmpfs' ? 'tmpfs' : 'bind', source }
}
