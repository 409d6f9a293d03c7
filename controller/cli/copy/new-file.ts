import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createSparseWriter, type SparseWriter } from '../../../schemas/common/sparse.ts'

/** A file that is being written; it takes its name once it is whole, and until then what has that name stays. */
export interface NewFile {
  handle: FileHandle
  content: SparseWriter
  /** It is whole. */
  finish(): Promise<void>
  /** It will not be. */
  discard(): Promise<void>
}

const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

export async function newFile(path: string, mode: number): Promise<NewFile> {
  const unfinished = join(dirname(path), `.setpoint-${randomUUID()}`)
  const handle = await open(unfinished, NEW, mode)
  return {
    handle,
    content: createSparseWriter(handle),
    finish: () => rename(unfinished, path).then(() => handle.close()),
    discard: () => unlink(unfinished).finally(() => handle.close()),
  }
}
