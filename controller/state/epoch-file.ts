import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../schemas/log.ts'
import { isCode, writeAtomically } from './files.ts'

export interface EpochFile {
  /** The highest epoch that this controller has held or seen; 0 at first. */
  read(): Promise<number>
  /** Remembers an epoch unless a higher one is known. */
  raise(epoch: number): Promise<void>
}

/** Outlives Redis: without it a flushed Redis would count from 1 again, and agents refuse epochs that go back. */
export function createEpochFile(folder: string, log: Log): EpochFile {
  const path = join(folder, 'epoch')
  let known: number | undefined

  async function read(): Promise<number> {
    known ??= await load()
    return known
  }

  async function load(): Promise<number> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const text = await readFile(path, 'utf8').catch((error) => {
      if (isCode(error, 'ENOENT')) return '0'
      throw error
    })
    if (/^\d{1,13}\n?$/.test(text)) return Number(text)
    log.error({ path }, 'The epoch file is damaged; counting on from what Redis knows')
    return 0
  }

  return {
    read,
    raise: async (epoch) => {
      if (epoch <= (await read())) return
      await writeAtomically(path, `${epoch}\n`)
      known = epoch
    },
  }
}
