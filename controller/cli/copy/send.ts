import type { Stats } from 'node:fs'
import { lstat, open, readdir, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SetpointError } from '../../../schemas/error.ts'
import { CHUNK, FRAME, jsonFrame } from '../../../schemas/session/frames.ts'
import type { CopyEntry } from '../../../schemas/session/request.ts'
import type { Live } from '../client/live.ts'

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
    throw new SetpointError('COPY_FAILED', `${source} cannot be read: ${cause.message}.`, { cause })
  })
  const live = await connect()
  try {
    const answered = drain(live)
    const sent = send({ path: source, name: '', found: first }, live, report).then(() =>
      live.send({ type: FRAME.inputEnd, payload: Buffer.alloc(0) }),
    )
    // what the task says of it counts more than that it no longer listens
    await Promise.race([answered, sent.then(() => answered)])
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

async function send({ path, name, found }: Item, live: Live, report: (text: string) => void): Promise<void> {
  const entry = { path: name, mode: found.mode & 0o777, modified: found.mtimeMs }
  if (found.isFile()) await sendFile(path, { ...entry, type: 'file', size: found.size }, live)
  else if (found.isSymbolicLink())
    await sendEntry({ ...entry, type: 'link', target: await readlink(path) }, live)
  else if (found.isDirectory()) {
    await sendEntry({ ...entry, type: 'folder' }, live)
    for (const child of (await readdir(path)).sort()) {
      const below = join(path, child)
      const item = { path: below, name: name === '' ? child : `${name}/${child}`, found: await lstat(below) }
      await send(item, live, report)
    }
  } else report(`${path} is a device, a pipe or a socket and was left out`)
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
