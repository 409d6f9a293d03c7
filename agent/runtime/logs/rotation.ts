import { constants } from 'node:fs'
import { type FileHandle, link, open, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logging } from '../../../schemas/logging.ts'
import { exclusively, type FileId, HELD, LOG, lookAt, nameOf, numberedFiles } from './files.ts'

export interface RotationFiles {
  /** The task's folder, with its log. */
  folder: string
  /** The FIFO in which its conmon takes orders. */
  control: string
}

type Limits = Pick<Required<Logging>, 'maxSize' | 'maxFiles'>

/** conmon's order to open its log anew (its src/ctrl.c): a number for the kind, and two that mean nothing here. */
const REOPEN = '2 0 0\n'
/** What conmon opens, empties and renames to `log` (its src/ctr_logging.c). */
const TMP = `${LOG}.tmp`
/** A second name of the file that conmon is to begin. No number, so nobody reads it before conmon writes it. */
const NEXT = `${LOG}.next`
/** Milliseconds that conmon has to obey, and between two looks whether it has. */
const REOPENED_WITHIN = 5_000
const LOOK = 5

/**
 * Begins a new file when the log has its size: `log` becomes `log.1`, that `log.2`, and the oldest goes. conmon throws
 * away the file it wrote when it begins another, and does so of itself as well when it has written its own limit
 * (`--log-size-max`, which it counts on over these orders); so each file has a second name by which it stays. True when
 * there may be more to do soon: the log had its size, or conmon has begun a file of itself.
 */
export async function rotateLog({ folder, control }: RotationFiles, limits: Limits): Promise<boolean> {
  if (await isInOrder(folder, limits)) return false
  return exclusively(folder, () => rotate({ folder, control }, limits))
}

/** Two looks for the log that needs no more, since they are taken every few seconds. */
async function isInOrder(folder: string, { maxSize }: Limits): Promise<boolean> {
  const [log, held] = await Promise.all([lookAt(join(folder, LOG)), lookAt(join(folder, HELD))])
  return log !== undefined && log.id === held?.id && log.size < maxSize
}

async function rotate({ folder, control }: RotationFiles, { maxSize, maxFiles }: Limits): Promise<boolean> {
  const hasChanged = await settle(folder, maxFiles)
  const log = await lookAt(join(folder, LOG))
  if (log === undefined && (await numberedFiles(folder)).length === 0) return false
  if (log !== undefined && log.size < maxSize) return hasChanged
  const conmon = await openControl(control)
  if (conmon === undefined) return false // no conmon writes it any more; the next run goes on in the same file
  try {
    await prepare(folder)
    const [written, held] = await Promise.all([idOf(folder, LOG), idOf(folder, HELD)])
    // when conmon has begun a file meanwhile, an order would cost that one
    if (written === undefined || written === held) await order(conmon, folder, written)
    await settle(folder, maxFiles)
  } finally {
    await conmon.close()
  }
  return true
}

/** Numbers what conmon has left behind and holds what it writes now. True when it had left something. */
async function settle(folder: string, maxFiles: number): Promise<boolean> {
  const hasShifted = await shiftHeld(folder, maxFiles)
  if (await isTaken(folder)) {
    await rename(join(folder, NEXT), join(folder, HELD))
    await shiftHeld(folder, maxFiles) // conmon may have begun two
  }
  await link(join(folder, LOG), join(folder, HELD)).catch(ignoring('EEXIST', 'ENOENT'))
  return hasShifted
}

/** Once conmon writes another file than the held one, that gets a number. */
async function shiftHeld(folder: string, maxFiles: number): Promise<boolean> {
  const [log, held] = await Promise.all([idOf(folder, LOG), idOf(folder, HELD)])
  if (log === undefined || held === undefined || log === held) return false
  await shift(folder, maxFiles)
  return true
}

/** Every file but the one that is written gets the next number, the oldest first; those beyond the limit go. */
async function shift(folder: string, maxFiles: number): Promise<void> {
  const log = join(folder, LOG)
  const files = (await numberedFiles(folder)).filter(({ path }) => path !== log)
  const kept = files.slice(Math.max(0, files.length - maxFiles + 1))
  for (const { path } of files.slice(0, files.length - kept.length)) await rm(path, { force: true })
  for (const [index, { path }] of kept.entries()) {
    await rename(path, join(folder, nameOf(kept.length - index)))
  }
}

/** Makes the file that conmon begins next: it takes one that is there. */
async function prepare(folder: string): Promise<void> {
  const next = join(folder, NEXT)
  await writeFile(next, '', { mode: 0o600, flag: 'wx' })
  const isReady = await link(next, join(folder, TMP)).then(() => true, ignoring('EEXIST'))
  if (!isReady) await rm(next, { force: true }) // conmon is about to begin one of itself
}

/** Has conmon begun the prepared file? One that it has not is taken away again. */
async function isTaken(folder: string): Promise<boolean> {
  const [next, tmp] = await Promise.all([idOf(folder, NEXT), idOf(folder, TMP)])
  if (next === undefined) return false
  if (next !== tmp) return true
  const isOurs = await unlink(join(folder, TMP)).then(() => true, ignoring('ENOENT'))
  if (isOurs) await rm(join(folder, NEXT), { force: true })
  return !isOurs
}

/** Has conmon begin a file, and waits until it is there: a second order would cost what it has written meanwhile. */
async function order(conmon: FileHandle, folder: string, before: FileId | undefined): Promise<void> {
  const isToldOf = await conmon.write(REOPEN).then(() => true, ignoring('EPIPE'))
  for (const end = Date.now() + REOPENED_WITHIN; isToldOf && Date.now() < end; await pause(LOOK)) {
    const id = await idOf(folder, LOG)
    if (id !== undefined && id !== before) return
  }
}

async function idOf(folder: string, name: string): Promise<FileId | undefined> {
  return (await lookAt(join(folder, name)))?.id
}

/** ENXIO: nobody reads the FIFO. */
async function openControl(control: string) {
  return open(control, constants.O_WRONLY | constants.O_NONBLOCK).catch(
    ignoring('ENOENT', 'ENXIO', 'ENOTDIR'),
  )
}

function ignoring(...codes: string[]) {
  return (error: NodeJS.ErrnoException): undefined => {
    if (!codes.includes(error.code ?? '')) throw error
  }
}
