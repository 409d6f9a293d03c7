import { constants } from 'node:fs'
import { access, type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logging } from '../../schemas/logging.ts'
import { exclusively, LOG, logFiles, nameOf, numberedFiles } from './log-files.ts'

export interface RotationFiles {
  /** The task's folder, with its log. */
  folder: string
  /** The FIFO in which its conmon takes orders. */
  control: string
}

/** conmon's order to open its log anew (its src/ctrl.c): a number for the kind, and two that mean nothing here. */
const REOPEN = '2 0 0\n'
/** Milliseconds that conmon has to obey, and between two looks whether it has. */
const REOPENED_WITHIN = 5_000
const LOOK = 5

/**
 * Begins a new file when the log has its size: `log` becomes `log.1`, that `log.2`, and the oldest goes. conmon writes to
 * the file under its new name until it has opened the next one, so no line is lost. True when it was done.
 */
export async function rotateLog(
  { folder, control }: RotationFiles,
  { maxSize, maxFiles }: Pick<Required<Logging>, 'maxSize' | 'maxFiles'>,
): Promise<boolean> {
  if (await isBelow(join(folder, LOG), maxSize)) return false
  const files = await logFiles(folder)
  const present = files.find(({ path }) => path === join(folder, LOG))
  // moved away, and then its agent was killed before it could say so
  if (present === undefined) return files.length > 0 && (await reopen(folder, control))
  if (present.size < maxSize) return false
  const conmon = await openControl(control)
  if (conmon === undefined) return false // no conmon writes it any more; the next run goes on in the same file
  try {
    if (maxFiles > 1) await exclusively(folder, () => shift(folder, maxFiles))
    await order(conmon, folder)
  } finally {
    await conmon.close()
  }
  return true
}

/** One look for the log that needs none, since it is taken every few seconds. */
function isBelow(log: string, maxSize: number): Promise<boolean> {
  return stat(log).then(
    ({ size }) => size < maxSize,
    () => false, // what is wrong with it is found by who looks at all files
  )
}

/** Every file gets the next number, the oldest first; those beyond the limit go. */
async function shift(folder: string, maxFiles: number): Promise<void> {
  const files = await numberedFiles(folder)
  for (const { path } of files.slice(0, Math.max(0, files.length - maxFiles + 1)))
    await rm(path, { force: true })
  const kept = await numberedFiles(folder)
  for (const [index, { path }] of kept.entries()) {
    await rename(path, join(folder, nameOf(kept.length - index)))
  }
}

async function reopen(folder: string, control: string): Promise<boolean> {
  const handle = await openControl(control)
  if (handle === undefined) return false
  await order(handle, folder).finally(() => handle.close())
  return true
}

/**
 * Has conmon begin the file, and waits until it is there: a second order would put an empty file in the place of one
 * that is being written. A conmon that has just ended needs no new file: the next one finds none and makes it.
 */
async function order(conmon: FileHandle, folder: string): Promise<void> {
  const isToldOf = await conmon.write(REOPEN).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      return false
    },
  )
  for (const end = Date.now() + REOPENED_WITHIN; isToldOf && Date.now() < end; await pause(LOOK)) {
    if (await isThere(join(folder, LOG))) return
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** ENXIO: nobody reads the FIFO. */
async function openControl(control: string) {
  return open(control, constants.O_WRONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (!['ENOENT', 'ENXIO', 'ENOTDIR'].includes(error.code ?? '')) throw error
  })
}
