import { createHash } from 'node:crypto'
import { constants, type Dirent, type Stats } from 'node:fs'
import { lstat, open, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { SetpointError } from '../../../schemas/error.ts'
import { MAX_FILE_BYTES, MAX_TREE_FILES, type SourceFile } from '../../../schemas/source.ts'
import { checkCaps, isRead, tooLarge } from '../listing.ts'
import { codeOf, folderError, noFolder } from './folder-error.ts'

export interface ScanOptions {
  /** Absolute. */
  root: string
  /** A folder inside it; empty for all of it. */
  directory: string
  /** True for the name of a file or folder that does not count. */
  ignored(name: string): boolean
}

interface Found {
  path: string
  stats: Stats
}

interface Kept {
  file: SourceFile
  identity: string
}

const ATTEMPTS = 3
const PARALLEL = 16
/** Milliseconds in which a file may change twice without its time showing it. */
const RACY = 100

/**
 * Reads a folder, again and again: what has the same inode, size and times as before is not read again. Symlinks
 * are handed out as such and never followed; sockets, pipes and devices are left out.
 * @throws SetpointError SOURCE_UNREACHABLE, SOURCE_DENIED, SOURCE_INVALID or SOURCE_TOO_LARGE
 */
export function folderScanner(options: ScanOptions): () => Promise<SourceFile[]> {
  const { root, directory, ignored } = options
  let known = new Map<string, Kept>()

  async function scan(): Promise<SourceFile[]> {
    await checkWay()
    const found = await walk()
    checkCaps(
      found.map(({ stats }) => ({ size: stats.size })),
      root,
    )
    const kept = await inParallel(found, readOne)
    known = new Map(kept.map((entry) => [entry.file.path, entry]))
    return kept.map((entry) => entry.file)
  }

  /** None of the folders on the way to `directory` may be a symlink: it could lead out of the source. */
  async function checkWay(): Promise<void> {
    await readdir(root)
    const parts = directory === '' ? [] : directory.split('/')
    for (let depth = 1; depth <= parts.length; depth++) {
      const folder = parts.slice(0, depth).join('/')
      const there = await lstat(join(root, folder)).catch(() => null)
      if (!there?.isDirectory()) throw noFolder(root, folder)
    }
  }

  async function walk(): Promise<Found[]> {
    const found: Found[] = []
    const folders = ['']
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      const entries = (await entriesOf(folder)).filter((entry) => !ignored(entry.name))
      const paths = entries.map(
        (entry) => [entry, folder === '' ? entry.name : `${folder}/${entry.name}`] as const,
      )
      folders.push(...paths.filter(([entry]) => entry.isDirectory()).map(([, path]) => path))
      const leaves = paths
        .filter(([entry]) => entry.isFile() || entry.isSymbolicLink())
        .map(([, path]) => path)
      if (found.length + folders.length + leaves.length > MAX_TREE_FILES) {
        throw tooLarge(`${root} has more than ${MAX_TREE_FILES} files and folders`)
      }
      found.push(
        ...(await inParallel(leaves, async (path) => ({ path, stats: await lstat(absolute(path)) }))),
      )
    }
    return found.sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  function entriesOf(folder: string): Promise<Dirent[]> {
    return readdir(absolute(folder), { withFileTypes: true })
  }

  function absolute(path: string): string {
    return join(root, directory, path)
  }

  async function readOne({ path, stats }: Found): Promise<Kept> {
    const identity = [stats.ino, stats.size, stats.mode, stats.mtimeMs, stats.ctimeMs].join(':')
    const before = known.get(path)
    if (before?.identity === identity) return before
    const racy = Date.now() - Math.max(stats.mtimeMs, stats.ctimeMs) < RACY
    return { file: await readFile(path, stats), identity: racy ? '' : identity }
  }

  async function readFile(path: string, stats: Stats): Promise<SourceFile> {
    const executable = (stats.mode & 0o111) !== 0 ? 'executable' : 'file'
    const kind = stats.isSymbolicLink() ? 'symlink' : executable
    if (!isRead(stats)) return { path, size: stats.size, kind, hash: unreadHash(stats), content: null }
    const content =
      kind === 'symlink' ? Buffer.from(await readlink(absolute(path))) : await contentOf(absolute(path))
    return {
      path,
      size: content.length,
      kind,
      hash: createHash('sha256').update(content).digest('hex'),
      content,
    }
  }

  return () => steadily(scan, root)
}

/** What vanishes between being listed and being read is looked for again, for an editor may be replacing it. */
async function steadily<T>(scan: () => Promise<T>, root: string): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await scan()
    } catch (error) {
      if (error instanceof SetpointError) throw error
      const gone = codeOf(error) === 'ENOENT' && (await exists(root))
      if (!gone || attempt === ATTEMPTS) throw folderError(error, root)
    }
  }
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

/** Not through a symlink that has just taken the file's place, and not waiting for the writer of a pipe. */
async function contentOf(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const buffer = Buffer.alloc(Math.min((await file.stat()).size, MAX_FILE_BYTES))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Stands for the content of a file that is too large to be read. */
function unreadHash({ dev, ino, size, mtimeMs }: Stats): string {
  return createHash('sha256')
    .update(JSON.stringify([dev, ino, size, mtimeMs]))
    .digest('hex')
}

async function inParallel<A, B>(items: readonly A[], task: (item: A) => Promise<B>): Promise<B[]> {
  const results: B[] = []
  const queue = items.entries()
  const work = async () => {
    for (const [index, item] of queue) results[index] = await task(item)
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
  return results
}
