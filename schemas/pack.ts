import { createHash } from 'node:crypto'

/**
 * A pack is the one form in which content goes from the repository to a host: a tree of files, or one file, as bytes
 * that are the same wherever they are made. Its name is the SHA-256 of these bytes.
 *
 *     setpoint pack 1\n
 *     KIND SIZE PATH-SIZE\n PATH\n CONTENT\n      for each entry, in the order of the paths
 *
 * Sizes are bytes in decimal. One file alone has the empty path. Owners and times are no part of it, as in Git.
 */
export interface PackEntry {
  /** The path from the top of the tree, with `/`. */
  path: string
  /** `folder`: an empty one; any other is there by what is in it. */
  kind: 'file' | 'executable' | 'symlink' | 'folder'
  /** The bytes of a file, the target of a symlink; empty for a folder. */
  content: Buffer
}

/** The most bytes, entries, levels of folders and bytes of a path that a pack may have. */
export const MAX_PACK_BYTES = 64 * 1024 * 1024
export const MAX_PACK_ENTRIES = 10_000
export const MAX_PACK_DEPTH = 64
export const MAX_PACK_PATH = 1024
/** Bytes of one name in a path (NAME_MAX of Linux), and of the target of a symlink. */
const MAX_NAME = 255
const MAX_LINK = 4095

const MAGIC = 'setpoint pack 1\n'
const LETTERS = { file: 'f', executable: 'x', symlink: 'l', folder: 'd' } as const
const KINDS = new Map(Object.entries(LETTERS).map(([kind, letter]) => [letter, kind as PackEntry['kind']]))
const HEADER = /^([fxld]) (0|[1-9]\d{0,9}) (0|[1-9]\d{0,4})$/
/** Bytes after which no header of an entry goes on. */
const MAX_HEADER = 32

/**
 * The entries in the order of a pack.
 * @throws PackProblem when they are none that an agent would take
 */
export function packEntries(entries: PackEntry[]): PackEntry[] {
  const sorted = entries.toSorted((a, b) => compare(a.path, b.path))
  checkEntries(sorted)
  return sorted
}

/** The bytes of a pack, piece by piece; the entries as `packEntries` gives them. */
export function* packChunks(entries: PackEntry[]): Generator<Buffer> {
  yield Buffer.from(MAGIC)
  for (const { path, kind, content } of entries) {
    yield Buffer.from(`${LETTERS[kind]} ${content.length} ${Buffer.byteLength(path)}\n${path}\n`)
    yield content
    yield Buffer.from('\n')
  }
}

/** What a pack is known by: the SHA-256 of its bytes in hex. */
export function packDigest(chunks: Iterable<Buffer>): string {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

/** Why entries, or bytes, are no pack. */
export class PackProblem extends Error {}

/**
 * The entries of a pack, of which each is safe to write below a folder: no path leads outside, none goes through a
 * symlink, none comes twice.
 * @throws PackProblem
 */
export function unpack(bytes: Buffer): PackEntry[] {
  if (bytes.length > MAX_PACK_BYTES) throw new PackProblem(`it has more than ${MAX_PACK_BYTES} bytes`)
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC)
    throw new PackProblem('it does not begin as a pack')
  const entries: PackEntry[] = []
  for (let at = MAGIC.length; at < bytes.length; ) {
    if (entries.length === MAX_PACK_ENTRIES) throw tooMany()
    const { entry, end } = entryAt(bytes, at)
    entries.push(entry)
    at = end
  }
  checkEntries(entries)
  return entries
}

function entryAt(bytes: Buffer, at: number): { entry: PackEntry; end: number } {
  const line = bytes.indexOf('\n', at)
  const header = line < 0 || line - at > MAX_HEADER ? null : HEADER.exec(bytes.toString('latin1', at, line))
  if (!header) throw new PackProblem(`there is no entry at byte ${at}`)
  const [, letter = '', size, pathSize] = header
  const path = line + 1
  const content = path + Number(pathSize) + 1
  const end = content + Number(size) + 1
  if (end > bytes.length || bytes[content - 1] !== NEWLINE || bytes[end - 1] !== NEWLINE)
    throw new PackProblem(`the entry at byte ${at} is cut off`)
  return {
    entry: {
      path: textOf(bytes.subarray(path, content - 1)),
      kind: KINDS.get(letter as (typeof LETTERS)['file']) ?? 'file',
      content: bytes.subarray(content, end - 1),
    },
    end,
  }
}

const NEWLINE = 10

/** Only well-formed UTF-8: else two paths could look alike, or one be written as another. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  if (Buffer.byteLength(text) !== bytes.length || !Buffer.from(text).equals(bytes))
    throw new PackProblem('a path is not UTF-8')
  return text
}

function checkEntries(entries: PackEntry[]): void {
  if (entries.length === 0) throw new PackProblem('it has no file')
  if (entries.length > MAX_PACK_ENTRIES) throw tooMany()
  checkSize(entries)
  const [first] = entries
  if (first?.path === '') {
    checkAlone(entries)
    return
  }
  /** Paths in which nothing can be. */
  const leaves = new Set<string>()
  let before: string | undefined
  for (const entry of entries) {
    if (before !== undefined && compare(before, entry.path) >= 0)
      throw new PackProblem(`${shown(entry.path)} is out of order`)
    checkPath(entry.path, leaves)
    checkContent(entry)
    leaves.add(entry.path)
    before = entry.path
  }
}

function checkSize(entries: PackEntry[]): void {
  const sizes = entries.map(({ path, content }) => Buffer.byteLength(path) + content.length + MAX_HEADER)
  const bytes = sizes.reduce((sum, size) => sum + size, MAGIC.length)
  if (bytes > MAX_PACK_BYTES) throw new PackProblem(`it has more than ${MAX_PACK_BYTES / 1024 / 1024} MiB`)
}

function checkAlone([entry, ...others]: PackEntry[]): void {
  if (others.length > 0 || !entry || (entry.kind !== 'file' && entry.kind !== 'executable'))
    throw new PackProblem('only one file may be without a path')
}

function checkPath(path: string, leaves: Set<string>): void {
  if (Buffer.byteLength(path) > MAX_PACK_PATH)
    throw new PackProblem(`${shown(path)} is longer than ${MAX_PACK_PATH} bytes`)
  const names = path.split('/')
  if (names.length > MAX_PACK_DEPTH)
    throw new PackProblem(`${shown(path)} is deeper than ${MAX_PACK_DEPTH} folders`)
  const bad = names.find((name) => name === '' || name === '.' || name === '..' || name.includes('\0'))
  if (bad !== undefined) throw new PackProblem(`${shown(path)} is no plain path`)
  if (names.some((name) => Buffer.byteLength(name) > MAX_NAME))
    throw new PackProblem(`${shown(path)} has a name of more than ${MAX_NAME} bytes`)
  for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
    if (leaves.has(path.slice(0, end))) throw new PackProblem(`${shown(path)} goes through what is no folder`)
  }
}

function checkContent({ path, kind, content }: PackEntry): void {
  if (kind === 'folder' && content.length > 0) throw new PackProblem(`the folder ${shown(path)} has content`)
  if (kind !== 'symlink') return
  if (content.length === 0 || content.length > MAX_LINK || content.includes(0))
    throw new PackProblem(`the symlink ${shown(path)} has no target that a system takes`)
}

function tooMany(): PackProblem {
  return new PackProblem(`it has more than ${MAX_PACK_ENTRIES} files`)
}

function shown(path: string): string {
  return JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path)
}

/** By UTF-16 units, as everywhere: a folder's entries need not stand together. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
