import { isUtf8 } from 'node:buffer'
import { constants } from 'node:fs'
import { type FileHandle, open, readdir, readlink, statfs } from 'node:fs/promises'
import { SetpointError } from '../../schemas/error.ts'
import type { Channel } from '../../schemas/session/channel.ts'
import { CHUNK, FRAME, jsonFrame, type Notice } from '../../schemas/session/frames.ts'
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
/**
 * The file systems in which files are made as they are read (linux/magic.h): some have no end, and who reads
 * /proc/kmsg waits for the kernel. They are procfs, sysfs, both versions of cgroups, debugfs and tracefs.
 */
const OF_KERNEL = [0x9fa0, 0x62656572, 0x27e0eb, 0x63677270, 0x64626720, 0x74726163]

/** Sends a file, or a folder with all that is in it: an entry each, the bytes of a file after its entry. */
export async function copyOut({ request, channel, root }: Copying): Promise<void> {
  const { path, follow = false } = request
  await atPath(root, { path, followLast: follow }, async ({ parent, name, held }) => {
    if (held === undefined) throw new SetpointError('COPY_FAILED', `There is no ${path} in the container.`)
    const link = () => readlink(entryPath(parent, name), 'buffer')
    await send({ held, link, path: '', depth: 0 }, channel)
  })
}

interface Item {
  held: FileHandle
  /** Where it leads, if it is a link. */
  link: () => Promise<Buffer>
  path: string
  depth: number
}

async function send(item: Item, channel: Channel): Promise<void> {
  const { held, path, depth } = item
  if (depth > MAX_DEPTH)
    throw new SetpointError('COPY_FAILED', `${path} lies deeper than ${MAX_DEPTH} folders.`)
  const stat = await held.stat()
  const entry = { path, mode: stat.mode & 0o777, modified: stat.mtimeMs }
  if (!stat.isSymbolicLink() && OF_KERNEL.includes((await statfs(heldPath(held))).type)) {
    await notice(item, { text: 'is a file of the kernel, as all of /proc and /sys,' }, channel)
  } else if (stat.isFile()) {
    await sendEntry({ ...entry, type: 'file', size: stat.size }, channel)
    await sendBytes(held, stat.size, channel)
  } else if (stat.isSymbolicLink()) {
    const target = await item.link()
    if (isUtf8(target)) await sendEntry({ ...entry, type: 'link', target: target.toString() }, channel)
    else await notice(item, { text: 'leads to a name that is not UTF-8', isLoss: true }, channel)
  } else if (stat.isDirectory()) {
    await sendEntry({ ...entry, type: 'folder' }, channel)
    await sendFolder(item, channel)
  } else {
    await notice(item, { text: 'is a device, a pipe or a socket' }, channel)
  }
}

async function sendFolder({ held, path, depth }: Item, channel: Channel): Promise<void> {
  for (const bytes of (await readdir(heldPath(held), 'buffer')).sort(Buffer.compare)) {
    const name = bytes.toString()
    const below = path === '' ? name : `${path}/${name}`
    if (!isUtf8(bytes)) {
      await notice({ path: below }, { text: 'has a name that is not UTF-8', isLoss: true }, channel)
      continue
    }
    const entry = await hold(held, name).catch(gone)
    if (entry === undefined) continue
    try {
      const link = () => readlink(entryPath(held, name), 'buffer')
      await send({ held: entry, link, path: below, depth: depth + 1 }, channel)
    } finally {
      await entry.close()
    }
  }
}

/** As much of it as was told: it may grow for ever. A lease that somebody holds on it is not waited for. */
async function sendBytes(held: FileHandle, size: number, channel: Channel): Promise<void> {
  const file = await open(heldPath(held), constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    for (let position = 0; position < size; ) {
      const chunk = Buffer.alloc(Math.min(CHUNK, size - position))
      const { bytesRead } = await file.read(chunk, 0, chunk.length, position)
      if (bytesRead === 0) return
      position += bytesRead
      await channel.send({ type: FRAME.output, payload: chunk.subarray(0, bytesRead) })
    }
  } finally {
    await file.close()
  }
}

/** Tells why something is left out. */
function notice({ path }: Pick<Item, 'path'>, { text, ...rest }: Notice, channel: Channel): Promise<void> {
  const told: Notice = { text: `${path || 'what was asked for'} ${text} and was left out`, ...rest }
  return channel.send(jsonFrame(FRAME.notice, told))
}

function sendEntry(entry: CopyEntry, channel: Channel): Promise<void> {
  return channel.send(jsonFrame(FRAME.entry, entry))
}

/** It went while its folder was read. */
function gone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
