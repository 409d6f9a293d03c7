import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, readFile, rename, unlink } from 'node:fs/promises'
import { createSparseWriter, type SparseWriter } from '../../schemas/common/sparse.ts'
import { SetpointError } from '../../schemas/error.ts'
import { absent } from '../disk.ts'
import { O_PATH } from '../path-walk.ts'
import { entryPath, heldPath, hold } from './confined.ts'

/** A file that is being written. */
export interface NewFile {
  handle: FileHandle
  content: SparseWriter
  /** It is whole. */
  finish(): Promise<void>
  /** It will not be. */
  discard(): Promise<void>
}

const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
const IN_PLACE = constants.O_WRONLY | constants.O_TRUNC

/**
 * A new file that takes its name once it is whole; until then what has that name stays. A file that is a mount of its own
 * is written over.
 */
export async function newFile(parent: FileHandle, name: string): Promise<NewFile> {
  const mounted = await mountAt(parent, name)
  if (mounted !== undefined) return await inPlace(mounted).finally(() => mounted.close())
  const folder = await open(heldPath(parent), O_PATH | constants.O_DIRECTORY)
  const unfinished = entryPath(folder, `.setpoint-${randomUUID()}`)
  const handle = await open(unfinished, NEW, 0o600).catch(async (error) => {
    await folder.close()
    throw error
  })
  const close = async () => void (await Promise.all([handle.close(), folder.close()]))
  return {
    handle,
    content: createSparseWriter(handle),
    finish: () => rename(unfinished, entryPath(folder, name)).then(close),
    discard: () => unlink(unfinished).catch(absent).finally(close),
  }
}

/** Looked at before it is opened: a device may act on that alone. */
async function inPlace(held: FileHandle): Promise<NewFile> {
  if (!(await held.stat()).isFile())
    throw new SetpointError('COPY_FAILED', 'What is mounted there is no file that could be written.')
  const handle = await open(heldPath(held), IN_PLACE)
  const close = () => handle.close()
  return { handle, content: createSparseWriter(handle), finish: close, discard: close }
}

/**
 * What is mounted on an entry of a folder, held. It must be asked for: unlink(2) and rename(2) refuse only what is a mount
 * in the agent's own namespace, and take away one that a container has.
 */
export async function mountAt(folder: FileHandle, name: string): Promise<FileHandle | undefined> {
  const held = await hold(folder, name).catch(absent)
  if (held === undefined || (await mountOf(held)) !== (await mountOf(folder))) return held
  await held.close()
  return undefined
}

/** The id of the mount that something lies on (proc(5), /proc/pid/fdinfo). */
async function mountOf({ fd }: FileHandle): Promise<string | undefined> {
  return /^mnt_id:\s*(\d+)/m.exec(await readFile(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1]
}
