import { randomUUID } from 'node:crypto'
import { renameSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../schemas/log.ts'
import { type PackEntry, packChunks, packDigest } from '../../schemas/pack.ts'
import { absent, syncFolder, writeDurably } from '../disk.ts'
import { stampOf } from './stamp.ts'
import { type Owner, readTree, writeTree } from './tree.ts'

/** The content of this host on its disk: `<folder>/<digest>/<copy>/root`, and what tells that it is untouched beside it. */
export interface Copies {
  /**
   * The path of a copy that is as it was made; undefined when there is none. One that somebody has touched, or that comes
   * from a backup, is moved aside and, if its bytes are right, made again from them: what has it mounted goes on seeing
   * what it saw, nothing else gets it.
   */
  find(digest: string, owner?: Owner): Promise<string | undefined>
  /** Makes a copy, whole or not at all, and gives its path. */
  make(digest: string, entries: PackEntry[], owner?: Owner): Promise<string>
  release(isUsed: (digest: string) => boolean): Promise<void>
}

/** What is being made, has been moved aside, or waits for its removal. */
const MAKING = '.new-'
const ASIDE = '.changed-'
const TRASH = '.trash-'
const ROOT = 'root'
const STAMP = 'stamp'

/** The copies in a folder, which is made with the first of them. */
export function createCopies(folder: string, log: Pick<Log, 'warn'>): Copies {
  const making = new Set<string>()

  async function find(digest: string, owner?: Owner): Promise<string | undefined> {
    const copy = join(folder, digest, nameOf(owner))
    const root = join(copy, ROOT)
    const [known, now] = await Promise.all([
      readFile(join(copy, STAMP), 'utf8').catch(absent),
      stampOf(root).catch(absent),
    ])
    if (known === now && now !== undefined) return root
    if (known === undefined && now === undefined) return undefined
    log.warn({ digest, copy }, 'Content was changed on this host by somebody else; it is made again')
    const entries = owner === undefined ? await readTree(root).catch(() => undefined) : undefined
    await rename(copy, join(folder, `${ASIDE}${digest}-${randomUUID()}`))
    return entries && packDigest(packChunks(entries)) === digest ? make(digest, entries) : undefined
  }

  async function make(digest: string, entries: PackEntry[], owner?: Owner): Promise<string> {
    const name = `${MAKING}${digest}-${randomUUID()}`
    const [temporary, home] = [join(folder, name), join(folder, digest)]
    making.add(name)
    try {
      await mkdir(temporary, { recursive: true, mode: 0o755 })
      await writeTree(join(temporary, ROOT), entries, owner)
      await writeDurably(join(temporary, STAMP), await stampOf(join(temporary, ROOT)))
      await mkdir(home, { recursive: true, mode: 0o755 })
      await rename(temporary, join(home, nameOf(owner)))
      await syncFolder(home)
      await syncFolder(folder)
    } finally {
      making.delete(name)
      await rm(temporary, { recursive: true, force: true })
    }
    return join(home, nameOf(owner), ROOT)
  }

  /** Whether it is used is asked in the moment in which it goes: a task that wants it later finds nothing and makes it. */
  function discard(name: string, isUsed: (digest: string) => boolean): string | undefined {
    const digest = /[0-9a-f]{64}/.exec(name)?.[0] ?? ''
    if (name.startsWith(TRASH)) return name
    if (name.startsWith(MAKING) ? making.has(name) : isUsed(digest)) return undefined
    const trash = `${TRASH}${name}-${randomUUID()}`
    try {
      renameSync(join(folder, name), join(folder, trash))
    } catch (error) {
      return absent(error as NodeJS.ErrnoException) // another release was faster
    }
    return trash
  }

  return {
    find,
    make,
    async release(isUsed) {
      for (const name of (await readdir(folder).catch(absent)) ?? []) {
        const trash = discard(name, isUsed)
        if (trash !== undefined) await rm(join(folder, trash), { recursive: true, force: true })
      }
    },
  }
}

function nameOf(owner: Owner | undefined): string {
  return owner === undefined
    ? 'plain'
    : `${owner.uid}-${owner.gid}-${owner.mode.toString(8).padStart(4, '0')}`
}
