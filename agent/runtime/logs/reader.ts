import { watch } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { LogLine } from '../runtime.ts'
import {
  exclusively,
  type FileId,
  fileId,
  type LogFile,
  type LogPlace,
  logFiles,
  numberedFiles,
  tailPlace,
} from './files.ts'
import { type LineJoiner, lineJoiner } from './line-joiner.ts'

/** Reads a task's log from a place on, each line once, also while it grows and its files are exchanged. */
export interface LogReader {
  /** The lines up to the end that the log had when it was opened, some at a time: whoever writes fast does not go on here. */
  history(): AsyncGenerator<LogLine[]>
  /** What is written after that, until `signal` aborts. */
  live(signal: AbortSignal): AsyncGenerator<LogLine[]>
  /** Lines that have begun and have no end yet. */
  rest(): LogLine[]
  close(): Promise<void>
}

const CHUNK = 64 * 1024
/** Bytes; conmon's rows are shorter by far, so this is no log. */
const LONGEST_ROW = 1024 * 1024
/** Milliseconds after which is looked without a sign of a change: what inotify may have lost. */
const LOOK_AGAIN = 1_000

/**
 * @param tail so many lines back from the end; undefined: from the beginning
 * @param maxBack bytes that are looked through for them at most
 */
export async function openLog(folder: string, tail?: number, maxBack?: number): Promise<LogReader> {
  const files = await logFiles(folder)
  const end = endOf(files)
  const from = tail === undefined ? beginning(files) : await tailPlace(files, tail, maxBack)
  const joiner = lineJoiner()
  let current: OpenFile | undefined
  /** Files that are not read any more, as long as they are there: those before the beginning, and those read to their end. */
  let done = before(from, files)
  let place = from

  /** Lines from where the last call ended, to that end; to the end of the newest file where there is no such place. */
  async function* advance(end?: LogPlace): AsyncGenerator<LogLine[]> {
    for (;;) {
      current ??= await openAt(folder, place, done)
      if (current === undefined) return
      // looked for before the rest is read: once there is a newer file nothing is written to this one any more
      const files = await logFiles(folder)
      const next = await nextAfter(current, files, done)
      const isLast = current.id === end?.id
      yield* readOn(current, joiner, isLast ? end?.offset : undefined)
      if (isLast || next === undefined) return
      await current.handle.close()
      done = new Set(files.map(({ id }) => id).filter((one) => one === current?.id || done.has(one)))
      place = { id: next.id, offset: 0 }
      current = undefined
    }
  }

  return {
    async *history() {
      yield* advance(end)
    },
    async *live(signal) {
      const watcher = watchFolder(folder, signal)
      try {
        while (!signal.aborted) {
          yield* advance()
          await watcher.changed()
        }
        yield* advance()
      } finally {
        watcher.close()
      }
    },
    rest: joiner.rest,
    close: async () => void (await current?.handle.close()),
  }
}

/**
 * The last lines of a log.
 * @param maxBack bytes that are looked through at most: there are fewer lines when they are long
 */
export async function tailLog(folder: string, tail: number, maxBack?: number): Promise<LogLine[]> {
  if (tail <= 0) return []
  const reader = await openLog(folder, tail, maxBack)
  const lines: LogLine[] = []
  try {
    for await (const some of reader.history()) lines.push(...some)
    lines.push(...reader.rest())
  } finally {
    await reader.close()
  }
  return lines.slice(-tail)
}

interface OpenFile {
  handle: FileHandle
  id: FileId
  offset: number
  /** The beginning of a row whose end has not been read. */
  partial: Buffer
}

function beginning([first]: LogFile[]): LogPlace | undefined {
  return first && { id: first.id, offset: 0 }
}

function endOf(files: LogFile[]): LogPlace | undefined {
  const last = files.at(-1)
  return last && { id: last.id, offset: last.size }
}

function before(place: LogPlace | undefined, files: LogFile[]): Set<FileId> {
  const at = files.findIndex(({ id }) => id === place?.id)
  return new Set(files.slice(0, Math.max(0, at)).map(({ id }) => id))
}

/** The file of that place; the oldest one that is not `done` when it has gone, or no place is known. */
function openAt(folder: string, place: LogPlace | undefined, done: Set<FileId>) {
  return exclusively(folder, () => openFile(folder, place, done))
}

async function openFile(
  folder: string,
  place: LogPlace | undefined,
  done: Set<FileId>,
): Promise<OpenFile | undefined> {
  const files = await numberedFiles(folder)
  const known = files.find(({ id }) => id === place?.id)
  const file = known ?? files.find(({ id }) => !done.has(id))
  if (file === undefined) return undefined
  const handle = await open(file.path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  if (handle === undefined) return undefined
  const id = fileId(await handle.stat())
  // conmon may have put another file in its place meanwhile, which is then read from its beginning
  const offset = id === place?.id ? place.offset : 0
  return { handle, id, offset, partial: Buffer.alloc(0) }
}

/** The file that was begun after this one; when this one was removed, the oldest not `done`; undefined: it is the newest. */
async function nextAfter(
  { handle, id }: OpenFile,
  files: LogFile[],
  done: Set<FileId>,
): Promise<LogFile | undefined> {
  const at = files.findIndex((file) => file.id === id)
  if (at >= 0) return files[at + 1]
  const isRemoved = (await handle.stat()).nlink === 0
  return isRemoved ? files.find((file) => !done.has(file.id)) : undefined
}

/** @param upTo bytes of the file that are read at most */
async function* readOn(
  file: OpenFile,
  joiner: LineJoiner,
  upTo = Number.POSITIVE_INFINITY,
): AsyncGenerator<LogLine[]> {
  for (;;) {
    const chunk = Buffer.alloc(CHUNK)
    const length = Math.min(CHUNK, Math.max(0, upTo - file.offset))
    const { bytesRead } = await file.handle.read(chunk, 0, length, file.offset)
    if (bytesRead === 0) return
    file.offset += bytesRead
    const text = Buffer.concat([file.partial, chunk.subarray(0, bytesRead)])
    const end = text.lastIndexOf('\n') + 1
    file.partial = end === 0 && text.length > LONGEST_ROW ? Buffer.alloc(0) : text.subarray(end)
    const rows = text.subarray(0, end).toString('utf8').split('\n')
    const lines = rows.flatMap((row) => joiner.take(row) ?? [])
    if (lines.length > 0) yield lines
  }
}

function watchFolder(folder: string, signal: AbortSignal) {
  let changed = true
  let wake = () => {}
  const touch = () => {
    changed = true
    wake()
  }
  const timer = setInterval(touch, LOOK_AGAIN)
  signal.addEventListener('abort', touch, { once: true })
  const watcher = tryWatch(folder, touch)
  return {
    /** Resolves when something has changed since it was last asked. */
    async changed(): Promise<void> {
      if (!changed)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      changed = false
    },
    close() {
      clearInterval(timer)
      signal.removeEventListener('abort', touch)
      watcher?.close()
    },
  }
}

/** Without inotify (the folder is gone, or the host has no watches left) the timer does. */
function tryWatch(folder: string, touch: () => void) {
  try {
    return watch(folder, { persistent: false }, touch).on('error', () => {})
  } catch {
    return undefined
  }
}
