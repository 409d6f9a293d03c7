import { join } from 'node:path'
import { createOneByOne } from '../../schemas/common/one-by-one.ts'
import { isInside, readMounts } from '../mountinfo.ts'
import { mountFailure } from './failure.ts'
import { removeHalves } from './fill.ts'
import { readMeta } from './meta.ts'
import { namesIn, unmountFolder } from './mounted.ts'
import { checkedName, isName } from './named-checks.ts'
import { type NamedOptions, openNamed, type Wanted } from './open-named.ts'
import { dataOf, mountsFolder, volumesFolder } from './places.ts'
import { createTrash } from './trash.ts'
import type { MayGo } from './volumes.ts'

/**
 * Volumes with a name: `<state>/volumes/<name>/data`, with what is known of each in `meta.json` beside it. One with
 * `driver_opts` is mounted at `<run>/volumes/<name>` instead, once for all tasks, as long as one needs it.
 */
export function createNamed({ paths, log }: NamedOptions) {
  const folder = volumesFolder(paths)
  const mounts = mountsFolder(paths)
  const oneByOne = createOneByOne()
  const trash = createTrash(folder)
  let isSwept = false

  /** Once is enough: only an agent that was killed leaves halves that no task may come back for. */
  async function sweep(): Promise<void> {
    const names = (await namesIn(folder)).filter(isName)
    await Promise.all(names.map((name) => oneByOne(name, () => removeHalves(dataOf(join(folder, name))))))
  }

  return {
    /** The folder of the volume on this host. @throws SetpointError MOUNT_FAILED or DISK_FULL */
    open: (wanted: Wanted) => oneByOne(wanted.mount.source, () => openNamed(wanted, { paths, log })),

    /**
     * Unmounts what is in use by no task, and clears up what an agent that was killed has begun.
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
      if (!isSwept) await sweep()
      isSwept = true
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

/** Somebody's disk may be mounted there: it is not emptied with the folder. */
async function checkNothingMounted(home: string): Promise<void> {
  const mounted = (await readMounts()).find(({ target }) => isInside(target, home))
  if (!mounted) return
  throw mountFailure(`${mounted.target} is a mount of its own, so that volume is not removed.`, {
    hint: `Unmount it first: \`umount ${mounted.target}\`.`,
  })
}
