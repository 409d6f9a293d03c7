import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { absent, syncFolder, writeDurably } from '../disk.ts'

/** Sealed bytes by their digest on this host's disk: after a reboot nobody has to be asked. */
export interface SealedStore {
  read(digest: string): Promise<Buffer | undefined>
  write(digest: string, sealed: Buffer): Promise<void>
  release(isUsed: (digest: string) => boolean): Promise<void>
}

const NAME = /^[0-9a-f]{64}$/

export function createSealedStore(folder: string): SealedStore {
  return {
    read: (digest) => readFile(join(folder, digest)).catch(absent),
    async write(digest, sealed) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeDurably(join(folder, digest), sealed)
      await syncFolder(folder)
    },
    async release(isUsed) {
      for (const name of (await readdir(folder).catch(absent)) ?? []) {
        if (NAME.test(name) && !isUsed(name)) await rm(join(folder, name), { force: true })
      }
    },
  }
}
