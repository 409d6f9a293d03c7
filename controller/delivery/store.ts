import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../schemas/log.ts'
import { packDigest } from '../../schemas/pack.ts'
import { isCode, UNFINISHED, writeAtomically } from '../state/files.ts'

/** Content by its digest, kept on the controller's disk: a revision can be delivered when its source has changed or gone. */
export interface ContentStore {
  has(digest: string): boolean
  /** Keeps the bytes under their digest; does nothing when it has them. They are asked for only when they are needed. */
  keep(digest: string, bytes: () => Iterable<Buffer> | Promise<Iterable<Buffer>>): Promise<void>
  /** The bytes as they were kept; undefined when they are not there, or no longer what they were. */
  read(digest: string): Promise<Buffer | undefined>
  /** Removes what is not used and has not been asked to be kept for a while. */
  sweep(isUsed: (digest: string) => boolean): Promise<void>
}

export interface ContentStoreOptions {
  folder: string
  log: Log
  /** Whether bytes are still what was kept; by default they are a pack of this digest. */
  isIntact?: (digest: string, bytes: Buffer) => boolean
  /** Milliseconds for which what nothing uses stays: a revision that is being taken is in no record yet. */
  grace?: number
  now?: () => number
}

const NAME = /^[0-9a-f]{64}$/
const GRACE = 60 * 60_000

/** A file for each digest in `folder`, readable for the controller alone. */
export async function openContentStore(options: ContentStoreOptions): Promise<ContentStore> {
  const { folder, log, isIntact = isPackOf, grace = GRACE, now = Date.now } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const names = await readdir(folder)
  await Promise.all(
    names.filter((name) => name.endsWith(UNFINISHED)).map((name) => rm(join(folder, name), { force: true })),
  )
  /** Digest to the time when it was last asked to be kept. */
  const kept = new Map(names.filter((name) => NAME.test(name)).map((name) => [name, now()]))

  return {
    has: (digest) => kept.has(digest),
    async keep(digest, bytes) {
      if (!kept.has(digest)) await writeAtomically(join(folder, digest), await bytes())
      kept.set(digest, now())
    },
    async read(digest) {
      const bytes = await readFile(join(folder, digest)).catch(absent)
      if (bytes && isIntact(digest, bytes)) return bytes
      if (bytes) log.error({ folder, digest }, 'Content on the disk of the controller is damaged')
      kept.delete(digest)
      return undefined
    },
    async sweep(isUsed) {
      for (const [digest, at] of kept) {
        if (isUsed(digest) || now() - at < grace) continue
        kept.delete(digest)
        await rm(join(folder, digest), { force: true })
      }
    },
  }
}

function isPackOf(digest: string, bytes: Buffer): boolean {
  return packDigest([bytes]) === digest
}

function absent(error: unknown): undefined {
  if (!isCode(error, 'ENOENT')) throw error
}
