import type { Stats } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import type { Mount, VolumeSpec } from '../../schemas/volume.ts'
import type { Paths } from '../paths.ts'
import type { ResolvedMount } from '../runtime/runtime.ts'
import { fill } from './fill.ts'
import { hostPath } from './host-path.ts'
import { type Meta, readMeta, writeMeta } from './meta.ts'
import type { Volumes } from './volumes.ts'

export interface LocalVolumesOptions {
  paths: Pick<Paths, 'state'>
  log: { info(fields: object, message: string): void }
}

/** Docker's rule for names; it also keeps a name from leading out of the folder. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/
/** Where a volume waits for its removal, so that half of one is never taken for a whole. */
const TRASH = '.trash-'

/** Volumes as folders: `<state>/volumes/<name>/data`, with what is known of each in `meta.json` beside it. */
export function createVolumes({ paths, log }: LocalVolumesOptions): Volumes {
  const folder = join(paths.state, 'volumes')
  const making = new Map<string, Promise<string>>()

  /** Two tasks that need the same new volume at once share its making. */
  function volume(mount: Mount, spec: VolumeSpec | undefined, imageRoot: string): Promise<string> {
    const made = making.get(mount.source) ?? make(mount, spec, imageRoot)
    making.set(mount.source, made)
    return made.finally(() => making.delete(mount.source))
  }

  async function make(mount: Mount, spec: VolumeSpec | undefined, imageRoot: string): Promise<string> {
    const home = join(folder, checkedName(mount.source))
    const data = join(home, 'data')
    if (await readMeta(home)) return data
    if (spec?.external && !(await lookUp(data))?.isDirectory()) throw noSuchVolume(mount.source, data)
    await mkdir(data, { recursive: true })
    await fill({ data, imageRoot, target: mount.target })
    await writeMeta(home, metaOf(mount.source, spec))
    log.info({ volume: mount.source }, 'volume made')
    return data
  }

  return {
    async resolve(mount, specs, imageRoot) {
      if (mount.type === 'tmpfs') return resolved(mount, '')
      if (mount.type === 'bind') return resolved(mount, await hostPath(mount))
      const spec = specs.find(({ name }) => name === mount.source)
      return resolved(mount, await volume(mount, spec, imageRoot))
    },
    async list() {
      const names = (await readdir(folder).catch(none)).filter((name) => NAME.test(name))
      const metas = await Promise.all(names.map((name) => readMeta(join(folder, name))))
      return names.filter((_, index) => metas[index] !== undefined).sort()
    },
    async remove(name) {
      const trash = join(folder, `${TRASH}${checkedName(name)}`)
      await rm(trash, { recursive: true, force: true })
      await rename(join(folder, name), trash).catch(none)
      await rm(trash, { recursive: true, force: true })
    },
  }
}

function resolved({ createHostPath: _, type, ...rest }: Mount, source: string): ResolvedMount {
  return { ...rest, type: type === 'tmpfs' ? 'tmpfs' : 'bind', source }
}

function checkedName(name: string): string {
  if (NAME.test(name)) return name
  throw new SetpointError('MOUNT_FAILED', `${JSON.stringify(name)} is no name for a volume.`, {
    hint: 'Letters, digits, `_`, `.` and `-`, the first a letter or digit, 255 at most.',
  })
}

function noSuchVolume(name: string, data: string): SetpointError {
  return new SetpointError('MOUNT_FAILED', `The external volume ${name} is not on this host.`, {
    hint: `Make it with \`mkdir -p ${data}\`, or take \`external\` away to have it made.`,
  })
}

function metaOf(name: string, spec: VolumeSpec | undefined): Meta {
  return {
    name,
    labels: spec?.labels ?? {},
    external: spec?.external ?? false,
    createdAt: new Date().toISOString(),
  }
}

async function lookUp(path: string): Promise<Stats | undefined> {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (!['ENOENT', 'ENOTDIR'].includes(error.code ?? '')) throw error
    return undefined
  })
}

function none(error: NodeJS.ErrnoException): never[] {
  if (error.code !== 'ENOENT') throw error
  return []
}
