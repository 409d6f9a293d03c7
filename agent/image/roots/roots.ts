import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createOneByOne } from '../../../schemas/common/one-by-one.ts'
import type { ImageConfig } from '../../../schemas/image.ts'
import { absent, replaceFile } from '../../disk.ts'
import { succeed } from '../../runtime/exec.ts'
import type { Buildah } from '../buildah.ts'
import { parseInspect } from '../config.ts'
import { createHolders, isMountPoint } from './holders.ts'

/** An image whose file system is mounted. */
export interface Root {
  id: string
  root: string
  config: ImageConfig
}

/** The mounted file systems of images: one for each, shared by all tasks. */
export interface Roots {
  mount(id: string): Promise<Root>
  /** The ids of all that were mounted and not taken away, over restarts. */
  list(): Promise<string[]>
  /**
   * Unmounts one and lets go of its image. Repeatable.
   * @param mayGo asked when it is its turn
   * @returns whether it was there and went
   */
  unmount(id: string, mayGo: () => boolean): Promise<boolean>
}

interface RootsOptions {
  buildah: Buildah
  instance: string
  /** `<state>/images` */
  folder: string
}

/** The read-only roots of images, each mounted once for all its tasks. */
export function createRoots({ buildah, instance, folder }: RootsOptions): Roots {
  const holders = createHolders(buildah)
  const known = new Map<string, Root>()
  const inTurn = createOneByOne()
  const file = (id: string): string => join(folder, `${id}.json`)
  const holder = (id: string): string => `setpoint-${instance}-${id.slice(0, 12)}`

  async function make(id: string): Promise<Root> {
    const cached = known.get(id) ?? (await read(file(id)))
    if (cached && isMountPoint(cached.root)) return cached
    const held = holders.hold(holder(id), id)
    const [config] = await Promise.all([cached?.config ?? inspect(id), held]).catch(async (error) => {
      await held.catch(() => {}) // what failed first is told
      await holders.remove(holder(id)) // or nothing would know of it, and the image never go
      throw error
    })
    const root = await holders.mount(holder(id), id)
    const fresh = { id, root, config }
    await mkdir(folder, { recursive: true })
    await replaceFile(file(id), JSON.stringify(fresh), 0o644)
    return fresh
  }

  async function inspect(id: string): Promise<ImageConfig> {
    return parseInspect(await succeed(buildah('inspect', '--type', 'image', id))).config
  }

  return {
    mount: (id) => {
      const root = known.get(id)
      if (root && isMountPoint(root.root)) return Promise.resolve(root)
      return inTurn(id, async () => {
        const fresh = await make(id)
        known.set(id, fresh)
        return fresh
      })
    },
    async list() {
      const names = await readdir(folder).catch(() => []) // none was ever mounted
      return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length))
    },
    unmount: (id, mayGo) =>
      inTurn(id, async () => {
        if ((await stat(file(id)).catch(absent)) === undefined || !mayGo()) return false
        known.delete(id) // in the same moment: from here on who wants it waits for its turn
        await holders.remove(holder(id))
        await rm(file(id), { force: true })
        return true
      }),
  }
}

async function read(path: string): Promise<Root | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Root
  } catch {
    return undefined // not mounted yet, or cut off by a crash: it is made anew
  }
}
