import { constants } from 'node:fs'
import { type FileHandle, open, readdir, readlink } from 'node:fs/promises'
import { SetpointError } from '../../schemas/error.ts'
import type { Channel } from '../../schemas/session/channel.ts'
import { CHUNK, FRAME, jsonFrame } from '../../schemas/session/frames.ts'
import type { CopyEntry, CopyRequest } from '../../schemas/session/request.ts'
import { atPath, entryPath, heldPath, hold } from './confined.ts'

export interface Copying {
  request: CopyRequest
  channel: Channel
  root: FileHandle
  /** The host's pid of the container. */
  pid: number
}

/** How deep folders may lie in each other: each is held open. */
const MAX_DEPTH = 128

/** Sends a file, or a folder with all that is in it: an entry each, the bytes of a file after its entry. */
export async function copyOut({ request, channel, root }: Copying): Promise<void> {
  const { path, follow = false } = request
  await atPath(root, { path, followLast: follow }, async ({ parent, name, held }) => {
    if (held === undefined) throw new SetpointError('COPY_FAILED', `There is no ${path} in the container.`)
    const link = () => readlink(entryPath(parent, name))
    await send({ held, link, path: '', depth: 0 }, channel)
  })
}

interface Item {
  held: FileHandle
  /** Where it leads, if it is a link. */
  link: () => Promise<string>
  path: string
  depth: number
}

async function send(item: Item, channel: Channel): Promise<void> {
  const { held, path, depth } = item
  if (depth > MAX_DEPTH)
    throw new SetpointError('COPY_FAILED', `${path} lies deeper than ${MAX_DEPTH} folders.`)
  const stat = await held.stat()
  const entry = { path, mode: stat.mode & 0o777, modified: stat.mtimeMs }
  if (stat.isFile()) {
    await sendEntry({ ...entry, type: 'file', size: stat.size }, channel)
    await sendBytes(held, channel)
  } else if (stat.isSymbolicLink()) {
    await sendEntry({ ...entry, type: 'link', target: await item.link() }, channel)
  } else if (stat.isDirectory()) {
    await sendEntry({ ...entry, type: 'folder' }, channel)
    await sendFolder(item, channel)
  } else {
    const text = `${path || 'what was asked for'} is a device, a pipe or a socket and was left out`
    await channel.send(jsonFrame(FRAME.notice, { text }))
  }
}

async function sendFolder({ held, path, depth }: Item, channel: Channel): Promise<void> {
  for (const name of (await readdir(heldPath(held))).sort()) {
    const below = path === '' ? name : `${path}/${name}`
    const entry = await hold(held, name).catch(gone)
    if (entry === undefined) continue
    try {
      const link = () => readlink(entryPath(held, name))
      await send({ held: entry, link, path: below, depth: depth + 1 }, channel)
    } finally {
      await entry.close()
    }
  }
}

async function sendBytes(held: FileHandle, channel: Channel): Promise<void> {
  const file = await open(heldPath(held), constants.O_RDONLY)
  try {
    for (let position = 0; ; ) {
      const chunk = Buffer.alloc(CHUNK)
      const { bytesRead } = await file.read(chunk, 0, CHUNK, position)
      if (bytesRead === 0) return
      position += bytesRead
      await channel.send({ type: FRAME.output, payload: chunk.subarray(0, bytesRead) })
    }
  } finally {
    await file.close()
  }
}

function sendEntry(entry: CopyEntry, channel: Channel): Promise<void> {
  return channel.send(jsonFrame(FRAME.entry, entry))
}

/** It went while its folder was read. */
function gone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
