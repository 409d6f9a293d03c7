import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes a file so that after a crash at any point it holds either the old or the new content, whole. */
export async function writeDurably(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.tmp`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

/** Runs saves of one thing one after the other; calls made while one runs share the next. */
export function coalesce(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  const begin = (): Promise<void> => {
    const run = work().finally(() => {
      if (running === run) running = undefined
    })
    running = run
    return run
  }
  return () => {
    if (!running) return begin()
    next ??= running.catch(ignored).then(() => {
      next = undefined
      return begin()
    })
    return next
  }
}

export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true, recursive: true })
}

/** The caller whose work it was has been told. */
function ignored(): void {}
