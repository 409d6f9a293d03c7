import { mkdir, open, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Writes a file so that after a crash at any point it holds the old content or the new, whole: a temp file beside it,
 * fsync, rename. Its folder is made if it is not there. Only its owner may read it.
 */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.tmp`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.chmod(0o600) // one that a crash left there may have had another mode
    await file.writeFile(content)
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

/**
 * Writes a file so that whoever reads it sees the old content or the new, whole: a temp file beside it and rename. Not
 * forced to the disk: after a power cut it may be cut off, or not be there. Its folder has to be there.
 */
export async function replaceFile(path: string, content: string, mode = 0o600): Promise<void> {
  const temporary = `${path}.tmp`
  await writeFile(temporary, content, { mode })
  await rename(temporary, path)
}

/** Makes the names in a folder last over a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** For `catch`: undefined when there is no such path. */
export function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
}
