import { randomUUID } from 'node:crypto'
import { link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface WriteOptions {
  /** File mode; default 0600. */
  mode?: number
  /** False: an existing file is left as it is, and false is returned. */
  overwrite?: boolean
}

/** Text, or bytes piece by piece. */
export type Written = string | Iterable<Buffer>

/** What a write that did not finish leaves behind ends so. */
export const UNFINISHED = '.tmp'

/**
 * Writes a file so that after a crash it has the old content or the new, never a part: a temp file beside it, fsync,
 * rename, fsync of the folder. Resolves with whether it was written.
 */
export async function writeAtomically(
  path: string,
  text: Written,
  options: WriteOptions = {},
): Promise<boolean> {
  const temp = `${path}.${randomUUID()}${UNFINISHED}`
  try {
    await writeSynced(temp, text, options.mode ?? 0o600)
    if (options.overwrite === false) await link(temp, path)
    else await rename(temp, path)
  } catch (error) {
    if (options.overwrite === false && isCode(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(temp, { force: true })
  }
  await syncFolder(dirname(path))
  return true
}

/** Makes renames and removals in a folder last. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code
}

async function writeSynced(path: string, text: Written, mode: number): Promise<void> {
  const handle = await open(path, 'wx', mode)
  try {
    await handle.chmod(mode) // whatever the umask took away
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
