import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { OWN_USERS } from '../../../schemas/isolation.ts'
import { absent, writeDurably } from '../../disk.ts'
import type { Buildah } from '../buildah.ts'
import { createHolders, isMountPoint } from './holders.ts'

/** The file systems of images with their ids moved up, each for one task. */
export interface MovedRoots {
  mount(taskId: string, id: string, first: number): Promise<string>
  unmount(taskId: string): Promise<void>
}

interface MovedRoot {
  holder: string
  root: string
}

/**
 * By buildah, as all else of images: containers-storage mounts the layers with moved ids (idmapped mounts, Linux 5.19) and
 * copies nothing. mount(8) can do that from util-linux 2.39 on, which Debian 12 does not have.
 * @param folder `<state>/images/moved`, with a file for each task
 */
export function createMovedRoots({
  buildah,
  instance,
  folder,
}: {
  buildah: Buildah
  instance: string
  folder: string
}): MovedRoots {
  const holders = createHolders(buildah)
  const file = (taskId: string): string => join(folder, `${taskId}.json`)

  async function known(taskId: string): Promise<MovedRoot | undefined> {
    const text = await readFile(file(taskId), 'utf8').catch(absent)
    return text === undefined ? undefined : (JSON.parse(text) as MovedRoot)
  }

  return {
    async mount(taskId, id, first) {
      const holder = `setpoint-${instance}-${id.slice(0, 12)}-${first}`
      const before = await known(taskId)
      if (before?.holder === holder && isMountPoint(before.root)) return before.root
      await mkdir(folder, { recursive: true })
      // before it is there: what is written down is taken away with the task
      await writeDurably(file(taskId), JSON.stringify({ holder, root: '' } satisfies MovedRoot))
      const map = `0:${first}:${OWN_USERS}`
      await holders.hold(holder, id, ['--userns-uid-map', map, '--userns-gid-map', map])
      const root = await holders.mount(holder, id)
      await writeDurably(file(taskId), JSON.stringify({ holder, root } satisfies MovedRoot))
      return root
    },
    async unmount(taskId) {
      const moved = await known(taskId)
      if (moved === undefined) return
      await holders.remove(moved.holder)
      await rm(file(taskId), { force: true })
    },
  }
}
