import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

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
      const file = join(folder, digest)
      const handle = await open(`${file}.tmp`, 'w', 0o600)
      try {
        await handle.writeFile(sealed)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(`${file}.tmp`, file)
      await syncFolder(dirname(file))
    },
    async release(isUsed) {
      for (const name of (await readdir(folder).catch(absent)) ?? []) {
        if (NAME.test(name) && !isUsed(name)) await rm(join(folder, name), { force: true })
      }
    },
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
