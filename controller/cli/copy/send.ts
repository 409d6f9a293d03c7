import { isUtf8 } from 'node:buffer'
import type { Stats } from 'node:fs'
import { lstat, open, readdir, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, SetpointError } from '../../../schemas/error.ts'
import { CHUNK, FRAME, jsonFrame } from '../../../schemas/session/frames.ts'
import type { CopyEntry } from '../../../schemas/session/request.ts'
import type { Live } from '../client/live.ts'
import { createLosses, type Losses } from './losses.ts'

export interface Sending {
  /** A path here. */
  source: string
  /** What a link leads to, when the source is one. */
  follow: boolean
  report(text: string): void
}

/**
 * Sends a file, or a folder with all that is in it, once it is known that there is one.
 * @throws SetpointError COPY_FAILED
 */
export async function sendFiles(
  connect: () => Promise<Live>,
  { source, follow, report }: Sending,
): Promise<void> {
  const first = await (follow || source.endsWith('.') ? stat(source) : lstat(source)).catch((cause) => {
    throw notRead(source, cause)
  })
  const losses = createLosses(report)
  const live = await connect()
  try {
    const answered = drain(live)
    const sent = send({ path: source, name: '', found: first }, { live, losses, report }).then(() =>
      live.send({ type: FRAME.inputEnd, payload: Buffer.alloc(0) }),
    )
    // what the task says of it counts more than that it no longer listens
    await Promise.race([answered, sent.then(() => answered)])
    losses.check()
  } catch (error) {
    throw error instanceof SetpointError ? error : notRead(source, error)
  } finally {
    live.close()
  }
}

async function drain(live: Live): Promise<void> {
  for await (const _ of live.frames());
}

interface Item {
  path: string
  /** Relative to what is copied. */
  name: string
  found: Stats
}

interface Way {
  live: Live
  losses: Losses
  report(text: string): void
}

async function send(item: Item, way: Way): Promise<void> {
  const { path, name, found } = item
  const entry = { path: name, mode: found.mode & 0o777, modified: found.mtimeMs }
  if (found.isFile()) await sendFile(path, { ...entry, type: 'file', size: found.size }, way.live)
  else if (found.isSymbolicLink()) {
    const target = await readlink(path, 'buffer')
    if (isUtf8(target)) await sendEntry({ ...entry, type: 'link', target: target.toString() }, way.live)
    else way.losses.tell(`${path} leads to a name that is not UTF-8 and was left out`)
  } else if (found.isDirectory()) {
    await sendEntry({ ...entry, type: 'folder' }, way.live)
    await sendContent(item, way)
  } else way.report(`${path} is a device, a pipe or a socket and was left out`)
}

async function sendContent({ path, name }: Item, way: Way): Promise<void> {
  for (const bytes of (await readdir(path, 'buffer')).sort(Buffer.compare)) {
    const child = bytes.toString()
    const below = join(path, child)
    if (!isUtf8(bytes)) {
      way.losses.tell(`${below} has a name that is not UTF-8 and was left out`)
      continue
    }
    const found = await lstat(below).catch(gone)
    if (found) await send({ path: below, name: name === '' ? child : `${name}/${child}`, found }, way)
  }
}

async function sendFile(path: string, entry: CopyEntry, live: Live): Promise<void> {
  const file = await open(path)
  try {
    await sendEntry(entry, live)
    for (;;) {
      const chunk = Buffer.alloc(CHUNK)
      const { bytesRead } = await file.read(chunk, 0, CHUNK)
      if (bytesRead === 0) return
      await live.send({ type: FRAME.input, payload: chunk.subarray(0, bytesRead) })
    }
  } finally {
    await file.close()
  }
}

function sendEntry(entry: CopyEntry, live: Live): Promise<void> {
  return live.send(jsonFrame(FRAME.entry, entry))
}

/** It went while its folder was read. */
function gone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

/** The command line is handed over as text, in which every byte that is not UTF-8 has become U+FFFD. */
function notRead(path: string, cause: unknown): SetpointError {
  const why = path.includes('\ufffd') ? 'its name is not UTF-8' : messageOf(cause)
  const hint = path.includes('\ufffd') && {
    hint: 'Give it another name, or send a tar of it: `setpoint exec TASK -T -- tar -xf - < FILE.tar`.',
  }
  return new SetpointError('COPY_FAILED', `${path} cannot be read: ${why}.`, { ...hint, cause })
}
