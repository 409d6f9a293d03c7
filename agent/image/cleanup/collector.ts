import { statfs } from 'node:fs/promises'
import { formatDuration } from '../../../schemas/duration.ts'
import type { ImageSource } from '../../../schemas/image.ts'
import type { Log } from '../../../schemas/log.ts'
import { iso } from '../../clock.ts'
import { run } from '../../runtime/exec.ts'
import { removePackages } from '../build/packages-cache.ts'
import type { Buildah } from '../buildah.ts'
import { lastLines } from '../failures.ts'
import type { Storage } from '../storage.ts'
import type { Housekeeping } from './housekeeping.ts'
import { type Unused, unusedImages, withoutForgotten, withUse } from './ledger.ts'
import type { LedgerFile } from './ledger-file.ts'

/** What a task of this host has or is about to have. */
export interface ImageUse {
  /** `stack/service` */
  service: string
  source: ImageSource
  /** Once it is resolved. */
  id?: string
}

export interface CollectorOptions extends Housekeeping {
  buildah: Buildah
  storage: Storage
  ledger: LedgerFile
  /** Where the packages of builds are kept. */
  packages: string
  /** What is used besides by tasks: what is mounted, and what was asked for a moment ago. */
  held: () => Promise<Set<string>>
  log: Log
  now: () => number
  /** Percent that is used of the file system that a path is on. */
  usage?: (path: string) => Promise<number>
}

export interface Collector {
  /**
   * Removes what has been unused for too long, and more when the disk is filling up; with `all` whatever may be removed,
   * since there is no room for something that is wanted now. Removes nothing that is not the agent's own.
   * @returns how many images it has removed
   */
  collect(uses: ImageUse[], options?: { all?: boolean }): Promise<number>
  isFilling(): Promise<boolean>
}

/** Removes images that nothing on this host needs. */
export function createCollector(options: CollectorOptions): Collector {
  const {
    buildah,
    storage,
    ledger,
    packages,
    held,
    log,
    now,
    maxAge,
    diskHigh,
    diskLow,
    usage = diskUsage,
  } = options
  const percent = async () => usage(await storage.root())
  const oldest = () => iso(now() - maxAge)

  async function candidates(uses: ImageUse[]): Promise<Unused[]> {
    const inUse = await held()
    for (const { service, source, id = await storage.find(source) } of uses) {
      if (id === undefined) continue
      inUse.add(id)
      ledger.change((known) => withUse(known, { id, service, now: iso(now()) }))
    }
    const images = await storage.list()
    const there = new Set(images.map(({ id }) => id))
    ledger.change((known) => withoutForgotten(known, there, oldest()))
    return unusedImages(ledger.read(), images, inUse)
  }

  /** By name, so that an image to which somebody gives another name meanwhile stays. */
  async function remove({ id, names, lastUsed }: Unused, why: string): Promise<boolean> {
    for (const name of names.length > 0 ? names : [id]) {
      const { exitCode, stderr } = await run(buildah('rmi', name))
      if (exitCode === 0 || /image not known/.test(stderr)) continue
      log.warn(
        { image: id, names, said: lastLines(stderr, 1) },
        'An image that nothing uses could not be removed',
      )
      return false
    }
    log.info({ image: id, names, lastUsed, why }, 'Image removed')
    return true
  }

  return {
    isFilling: async () => (await percent()) > diskHigh,

    async collect(uses, { all = false } = {}) {
      const unused = await candidates(uses)
      const before = oldest()
      await removePackages(packages, all ? now() : now() - maxAge, log)
      let removed = 0
      let used = await percent()
      const isPressed = used > diskHigh
      for (const image of unused) {
        const why = whyRemove(image.lastUsed < before)
        if (why === undefined) break
        if ((await held()).has(image.id)) continue // asked for since
        if (await remove(image, why)) removed += 1
        used = await percent()
      }
      if (isPressed && used > diskLow) {
        log.warn(
          { used: Math.round(used), removed },
          'The disk is filling up, and no more images may be removed',
        )
      }
      return removed

      function whyRemove(isOld: boolean): string | undefined {
        if (isOld) return `unused for ${formatDuration(maxAge)}`
        if (all) return 'there was no room for an image that is wanted'
        return isPressed && used > diskLow ? `the disk is ${Math.round(used)} % full` : undefined
      }
    },
  }
}

/** How full a disk is, as df(1) counts: without what is reserved for root. */
async function diskUsage(path: string): Promise<number> {
  const { blocks, bfree, bavail } = await statfs(path)
  const used = blocks - bfree
  return used + bavail === 0 ? 0 : (100 * used) / (used + bavail)
}
