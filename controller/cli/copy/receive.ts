import { lstat, mkdir, stat, symlink, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SetpointError } from '../../../schemas/error.ts'
import { FRAME, type Frame, jsonOf, type Notice } from '../../../schemas/session/frames.ts'
import { CopyEntry } from '../../../schemas/session/request.ts'
import { reader } from '../../../schemas/validate.ts'
import type { Live } from '../client/live.ts'
import { createLosses } from './losses.ts'
import { type NewFile, newFile } from './new-file.ts'

export interface Receiving {
  /** A path here: an existing folder that the copy goes into, or what it is to be called. */
  target: string
  /** What it is called in that folder; undefined: its content goes there. */
  name: string | undefined
  report(text: string): void
}

const checkEntry = reader(CopyEntry)

/**
 * Makes files of what a task sends. A container decides over names and links, so nothing is written through a link that
 * came with it: every entry lies in a folder that came before it.
 * @throws SetpointError COPY_FAILED
 */
export async function receiveFiles(live: Live, { target, name, report }: Receiving): Promise<void> {
  const isFolder = (await stat(target).catch(absent))?.isDirectory() === true
  const base = isFolder && name !== undefined ? join(target, name) : target
  const folders = new Set<string>()
  const losses = createLosses(report)
  let current: { file: NewFile; entry: CopyEntry } | undefined

  async function finish(): Promise<void> {
    if (current === undefined) return
    const { file, entry } = current
    await file.content.finish()
    await file.handle.utimes(new Date(), new Date(entry.modified))
    await file.finish()
    current = undefined
  }

  function tell({ text, isLoss = false }: Notice): void {
    if (isLoss) losses.tell(text)
    else report(text)
  }

  async function begin(entry: CopyEntry): Promise<void> {
    await finish()
    const path = pathOf(base, entry.path, folders)
    if (entry.type === 'folder') {
      await makeFolder(path, entry.mode)
      folders.add(entry.path)
    } else if (entry.type === 'link') {
      await unlink(path).catch(absent)
      await symlink(entry.target ?? '', path)
    } else current = { file: await newFile(path, entry.mode & 0o777), entry }
  }

  try {
    for await (const frame of live.frames()) {
      if (frame.type === FRAME.entry) await begin(entryIn(frame))
      else if (frame.type === FRAME.output) await fileOf(current).content.write(frame.payload)
      else if (frame.type === FRAME.notice) tell(jsonOf(frame) as Notice)
    }
    await finish()
    losses.check()
  } catch (error) {
    throw error instanceof SetpointError ? error : notWritten(base, error)
  } finally {
    await current?.file.discard()
  }
}

/** @throws SetpointError COPY_FAILED for a path that was not announced folder by folder */
function pathOf(base: string, path: string, folders: Set<string>): string {
  if (path === '') return base
  const parts = path.split('/')
  const parent = parts.length > 1 ? dirname(path) : ''
  if (parts.some((part) => ['', '.', '..'].includes(part)) || path.includes('\0') || !folders.has(parent)) {
    throw new SetpointError(
      'COPY_FAILED',
      `The task sent ${JSON.stringify(path)}, which is no path of what is copied.`,
    )
  }
  return join(base, path)
}

/** A folder that is there is kept; a link to one is not taken for it, unless it is what the person named. */
async function makeFolder(path: string, mode: number): Promise<void> {
  const found = await lstat(path).catch(absent)
  if (found === undefined) await mkdir(path, { mode: (mode & 0o777) | 0o700 })
  else if (!found.isDirectory())
    throw new SetpointError('COPY_FAILED', `${path} is in the way and is no folder.`)
}

function fileOf(current: { file: NewFile } | undefined): NewFile {
  if (current !== undefined) return current.file
  throw new SetpointError('COPY_FAILED', 'The task sent bytes that belong to no file.')
}

function entryIn(frame: Frame): CopyEntry {
  const entry = checkEntry(jsonOf(frame))
  if (entry.ok) return entry.value
  throw new SetpointError('COPY_FAILED', `The task sent an entry that is none: ${entry.message}.`)
}

function notWritten(path: string, cause: unknown): SetpointError {
  return new SetpointError('COPY_FAILED', `${path} cannot be written: ${(cause as Error).message}.`, {
    cause,
  })
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
