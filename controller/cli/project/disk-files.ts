import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { MAX_FILE_BYTES } from '../../../schemas/source.ts'
import type { Files, Found, NotRead } from '../../desired/files/files.ts'

export interface DiskOptions {
  /** How a path is written in a message; as it is by default. */
  shown?: (path: string) => string
  /** What has been read already, such as standard input: path to content. */
  given?: ReadonlyMap<string, Buffer>
}

/**
 * The files of this machine by their absolute paths. Only regular files of at most `MAX_FILE_BYTES` are read: a pipe or
 * a device would keep whoever reads it waiting. A pipe that a shell hands over, as `<(command)`, is read all the same,
 * and `/dev/null` is an empty file.
 */
export function diskFiles({ shown = (path) => path, given = new Map() }: DiskOptions = {}): Files {
  const seen = new Map<string, string | undefined>()
  const piped = new Map<string, Buffer>()
  return {
    seen,
    read: (path) => {
      seen.set(path, identity(path))
      return found(path)
    },
    // What a folder of this machine holds is no part of a project's model, and may be without end.
    list: () => undefined,
    identity,
  }

  function found(path: string): Found {
    const content = given.get(path) ?? piped.get(path)
    if (content) return upToLimit(path, content)
    if (!isAbsolute(path)) return refused(path, 'is no absolute path')
    try {
      return readRegular(path)
    } catch (error) {
      return unreadable(path, error)
    }
  }

  function readRegular(path: string): Found {
    const stats = statSync(path)
    if (HANDED_OVER.test(path) && stats.isFIFO()) return readPipe(path)
    if (path === '/dev/null') return upToLimit(path, Buffer.alloc(0))
    const refused = refusal(path, stats)
    if (refused) return refused
    const handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      // What was looked at above may have been replaced since.
      const content = refusal(path, fstatSync(handle)) ?? upTo(handle, MAX_FILE_BYTES + 1)
      if (!Buffer.isBuffer(content)) return content
      return upToLimit(path, content)
    } finally {
      closeSync(handle)
    }
  }

  /** A pipe gives what it has only once. */
  function readPipe(path: string): Found {
    const handle = openSync(path, constants.O_RDONLY)
    try {
      const content = upTo(handle, MAX_FILE_BYTES + 1)
      piped.set(path, content)
      return upToLimit(path, content)
    } finally {
      closeSync(handle)
    }
  }

  function refusal(path: string, stats: ReturnType<typeof statSync>): Found | undefined {
    if (stats?.isDirectory()) return refused(path, 'is a folder')
    if (!stats?.isFile()) return refused(path, 'is no regular file')
    return Number(stats.size) > MAX_FILE_BYTES ? tooLarge(path) : undefined
  }

  function upToLimit(path: string, bytes: Buffer): Found {
    if (bytes.length > MAX_FILE_BYTES) return tooLarge(path)
    return { file: { path, size: bytes.length, kind: 'file', hash: '', content: bytes }, bytes }
  }

  function tooLarge(path: string): NotRead {
    return refused(path, `is too large; at most ${MAX_FILE_BYTES} bytes are read`)
  }

  function unreadable(path: string, error: unknown): Found {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return { problem: `there is no file ${shown(path)}`, missing: true }
    }
    return refused(path, `cannot be read (${String(code ?? error)})`)
  }

  function refused(path: string, reason: string): NotRead {
    return { problem: `${shown(path)} ${reason}`, missing: false, reason }
  }
}

const HANDED_OVER = /^\/(dev|proc\/self)\/fd\/\d+$/

/** The first bytes of a file. Its size says little: files of /proc have none. */
function upTo(handle: number, limit: number): Buffer {
  const buffer = Buffer.alloc(limit)
  let length = 0
  for (;;) {
    const read = readSync(handle, buffer, length, limit - length, null)
    length += read
    if (read === 0 || length === limit) return Buffer.from(buffer.subarray(0, length))
  }
}

/** A content is told from the next by size and time, as nothing here is kept for long. */
function identity(path: string): string | undefined {
  try {
    const { ino, size, mtimeMs } = statSync(path)
    return `${ino} ${size} ${mtimeMs}`
  } catch {
    return undefined
  }
}
