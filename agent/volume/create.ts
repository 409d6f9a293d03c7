import { createHash } from 'node:crypto'
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../schemas/log.ts'
import type { Mount } from '../../schemas/volume.ts'
import { absent } from '../disk.ts'
import { isInside, readMounts } from '../mountinfo.ts'
import type { Paths } from '../paths.ts'
import type { ResolvedMount } from '../runtime/runtime.ts'
import { mountFailure } from './failure.ts'
import { makeFilled } from './fill.ts'
import { hostPath } from './host-path.ts'
import { createNamed } from './named.ts'
import { createPins } from './pins.ts'
import { mountsFolder, ownVolumesFolder } from './places.ts'
import { openInVolume, pathOf } from './subpath.ts'
import type { Purpose, Volumes } from './volumes.ts'

export interface VolumesOptions {
  paths: Pick<Paths, 'state' | 'run' | 'task'>
  log: Pick<Log, 'info' | 'warn'>
}

/** Volumes, bind mounts and folders in memory of this host. */
export function createVolumes({ paths, log }: VolumesOptions): Volumes {
  const named = createNamed({ paths, log })
  const pinsFolder = join(paths.run, 'pins')
  const pins = createPins(pinsFolder)

  return {
    async resolve(mount, purpose) {
      if (mount.type === 'tmpfs') return resolved(mount, '')
      const source = await sourceOf(mount, purpose)
      const isMountPoint = [mountsFolder(paths), pinsFolder].some((folder) => isInside(source, folder))
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
        log.warn({ error: String(error) }, 'A volume that no task uses could not be unmounted')
      await named.release((name) => inUse().volumes.has(name)).catch(warn)
      await pins.release((taskId) => inUse().tasks.has(taskId)).catch(warn)
    },
    list: named.list,
    remove: named.remove,
  }

  async function sourceOf(mount: Mount, purpose: Purpose): Promise<string> {
    if (mount.type === 'bind') return bindSource(mount, purpose)
    const folder = await volumeFolder(mount, purpose)
    return mount.subpath ? part(mount, folder, purpose) : folder
  }

  /** Not every runtime leaves out what is mounted below (crun 1.8): so it is left out before. */
  async function bindSource(mount: Mount, { taskId }: Purpose): Promise<string> {
    const source = await hostPath(mount)
    if (mount.recursive !== 'disabled') return source
    const isFolder = (await stat(source)).isDirectory()
    return pins.pin({ taskId, target: mount.target, source, isFolder })
  }

  function volumeFolder(mount: Mount, { taskId, specs, imageRoot }: Purpose): Promise<string> {
    if (mount.source === '') return anonymous(mount, { taskId, imageRoot })
    return named.open({ mount, spec: specs.find(({ name }) => name === mount.source), imageRoot })
  }

  /** A volume without a name is the task's own, and goes with it as in Swarm; it outlives restarts and reboots. */
  async function anonymous(
    { target, noCopy }: Mount,
    { taskId, imageRoot }: Pick<Purpose, 'taskId' | 'imageRoot'>,
  ): Promise<string> {
    const data = join(ownVolumesFolder(paths, taskId), shortHash(target))
    if (await stat(data).catch(absent)) return data
    if (noCopy) await mkdir(data, { recursive: true })
    else await makeFilled({ data, imageRoot, target })
    return data
  }

  async function part({ source, target, subpath = '' }: Mount, folder: string, { taskId }: Purpose) {
    const handle = await openInVolume(folder, subpath, source)
    try {
      const isFolder = (await handle.stat()).isDirectory()
      return await pins.pin({ taskId, target, source: pathOf(handle), isFolder })
    } finally {
      await handle.close()
    }
  }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

/** What is left to the runtime of a mount once its source is known. */
function resolved(mount: Mount, source: string): ResolvedMount {
  const { type, createHostPath: _, subpath: __, noCopy: ___, ...rest } = mount
  return { ...rest, type: type === 'tmpfs' ? 'tmpfs' : 'bind', source }
}
