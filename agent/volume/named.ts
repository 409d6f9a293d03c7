import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DriverOptions, Mount, VolumeSpec } from '../../schemas/volume.ts'
import { absent } from '../disk.ts'
import { isInside, readMounts } from '../mountinfo.ts'
import { createOneByOne } from '../one-by-one.ts'
import type { Paths } from '../paths.ts'
import { mountFailure } from './failure.ts'
import { copyFromImage, makeFilled } from './fill.ts'
import { type Meta, readMeta, writeMeta } from './meta.ts'
import { isEmpty, mountAt, mountsFolder, mountVolume, namesIn, unmountFolder } from './mounted.ts'
import { checkedName, checkSame, isName, noSuchVolume } from './named-checks.ts'
import { createTrash } from './trash.ts'
import type { MayGo } from './volumes.ts'

export interface NamedOptions {
  paths: Pick<Paths, 'state' | 'run'>
  log: { info(fields: object, message: string): void }
}

/** A volume that a mount names, and the image that may fill it. */
interface Wanted {
  mount: Mount
  spec: VolumeSpec | undefined
  imageRoot: string
}

/**
 * Volumes with a name: `<state>/volumes/<name>/data`, with what is known of each in `meta.json` beside it. One with
 * `driver_opts` is mounted at `<run>/volumes/<name>` instead, once for all tasks, as long as one needs it.
 */
export function createNamed({ paths, log }: NamedOptions) {
  const folder = join(paths.state, 'volumes')
  const mounts = mountsFolder(paths.run)
  const oneByOne = createOneByOne()
  const trash = createTrash(folder)

  async function open({ mount, spec, imageRoot }: Wanted): Promise<string> {
    const name = checkedName(mount.source)
    const home = join(folder, name)
    const meta = await readMeta(home)
    if (meta) checkSame(meta, spec)
    const options = meta ? meta.driverOpts : spec?.driverOpts
    const known = meta ?? metaOf(name, spec)
    if (options) return openMounted({ home, known, isNew: !meta, options }, { mount, imageRoot })
    const data = join(home, 'data')
    if (meta) return data
    if (spec?.external && !(await stat(data).catch(absent))?.isDirectory()) throw noSuchVolume(name, data)
    if (mount.noCopy) await mkdir(data, { recursive: true })
    else await makeFilled({ data, imageRoot, target: mount.target })
    await writeMeta(home, known)
    log.info({ volume: name }, 'Volume made')
    return data
  }

  async function openMounted(
    { home, known, isNew, options }: { home: string; known: Meta; isNew: boolean; options: DriverOptions },
    { mount, imageRoot }: Pick<Wanted, 'mount' | 'imageRoot'>,
  ): Promise<string> {
    const target = join(mounts, known.name)
    const isMounted = (await mountAt(target)) !== undefined
    if (!isMounted) {
      await mountVolume(known.name, options, { target, list: join(paths.run, `volume-${known.name}`) })
      log.info({ volume: known.name, type: options.type }, 'Volume mounted')
    }
    const { filling, ...whole } = known
    // one that is mounted and not known yet was mounted by an agent that was killed before it had filled it
    if ((!isMounted || isNew || filling) && !mount.noCopy && (await mayBeFilled(target, filling))) {
      await writeMeta(home, { ...whole, filling: true })
      await copyFromImage({ data: target, imageRoot, target: mount.target })
      await writeMeta(home, whole)
    } else if (isNew) await writeMeta(home, whole)
    return target
  }

  return {
    /** The folder of the volume on this host. @throws SetpointError MOUNT_FAILED or DISK_FULL */
    open: (wanted: Wanted) => oneByOne(wanted.mount.source, () => open(wanted)),

    /**
     * Unmounts what is in use by no task, and ends removals that were begun.
     * @throws SetpointError MOUNT_FAILED, VOLUME_KEPT
     */
    async release(inUse: (name: string) => boolean): Promise<void> {
      for (const name of await namesIn(mounts)) {
        await oneByOne(name, async () => {
          if (inUse(name)) return
          await unmountFolder(join(mounts, name))
          log.info({ volume: name }, 'Volume unmounted')
        })
      }
      await trash.empty()
    },

    async list(): Promise<string[]> {
      const names = (await namesIn(folder)).filter(isName)
      const metas = await Promise.all(names.map((name) => readMeta(join(folder, name))))
      return names.filter((_, index) => metas[index]?.external === false).sort()
    },

    async remove(name: string, mayGo: MayGo = () => true): Promise<void> {
      const home = join(folder, checkedName(name))
      const gone = await oneByOne(name, async () => {
        if (!(await mayGo(await readMeta(home)))) return undefined
        await checkNothingMounted(home)
        await unmountFolder(join(mounts, name))
        return trash.put(home)
      })
      if (gone === undefined) return
      log.info({ volume: name }, 'Volume removed')
      await trash.remove(gone) // whoever wants a new one of that name need not wait for it
    },
  }
}

/** What was begun goes on; else only an empty one is filled, and one that can be written. */
async function mayBeFilled(target: string, filling: true | undefined): Promise<boolean> {
  if (filling) return true
  return (await mountAt(target))?.readOnly === false && (await isEmpty(target))
}

/** Somebody's disk may be mounted there: it is not emptied with the folder. */
async function checkNothingMounted(home: string): Promise<void> {
  const mounted = (await readMounts()).find(({ target }) => isInside(target, home))
  if (!mounted) return
  throw mountFailure(`${mounted.target} is a mount of its own, so that volume is not removed.`, {
    hint: `Unmount it first: \`umount ${mounted.target}\`.`,
  })
}

function metaOf(name: string, spec: VolumeSpec | undefined): Meta {
  return {
    name,
    labels: spec?.labels ?? {},
    external: spec?.external ?? false,
    createdAt: new Date().toISOString(),
    ...(spec?.driverOpts && { driverOpts: spec.driverOpts }),
  }
}
