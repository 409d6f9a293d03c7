import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logging } from '../../schemas/logging.ts'
import { LOG, logFiles, nameOf } from './log-files.ts'

export interface RotationFiles {
  /** The task's folder, with its log. */
  folder: string
  /** The FIFO in which its conmon takes orders. */
  control: string
}

/** conmon's order to open its log anew (its src/ctrl.c): a number for the kind, and two that mean nothing here. */
const REOPEN = '2 0 0\n'

/**
 * Begins a new file when the log has its size: `log` becomes `log.1`, that `log.2`, and the oldest goes. conmon writes to
 * the file under its new name until it has opened the next one, so no line is lost. True when it was done.
 */
export async function rotateLog(
  { folder, control }: RotationFiles,
  { maxSize, maxFiles }: Pick<Required<Logging>, 'maxSize' | 'maxFiles'>,
): Promise<boolean> {
  const files = await logFiles(folder)
  const present = files.find(({ path }) => path === join(folder, LOG))
  // moved away, and then its agent was killed before it could say so
  if (present === undefined) return files.length > 0 && (await reopen(control))
  if (present.size < maxSize) return false
  const conmon = await openControl(control)
  if (conmon === undefined) return false // no conmon writes it any more; the next run goes on in the same file
  try {
    if (maxFiles > 1) await shift(folder, maxFiles)
    await order(conmon)
  } finally {
    await conmon.close()
  }
  return true
}

/** Every file gets the next number, the oldest first; those beyond the limit go. */
async function shift(folder: string, maxFiles: number): Promise<void> {
  const files = await logFiles(folder)
  for (const { path } of files.slice(0, Math.max(0, files.length - maxFiles + 1)))
    await rm(path, { force: true })
  const kept = await logFiles(folder)
  for (const [index, { path }] of kept.entries()) {
    await rename(path, join(folder, nameOf(kept.length - index)))
  }
}

async function reopen(control: string): Promise<boolean> {
  const handle = await openControl(control)
  if (handle === undefined) return false
  await order(handle).finally(() => handle.close())
  return true
}

/** A conmon that has just ended needs no new file: the next one finds none and makes it. */
async function order(conmon: FileHandle): Promise<void> {
  await conmon.write(REOPEN).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

/** ENXIO: nobody reads the FIFO. */
async function openControl(control: string) {
  return open(control, constants.O_WRONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (!['ENOENT', 'ENXIO', 'ENOTDIR'].includes(error.code ?? '')) throw error
  })
}
