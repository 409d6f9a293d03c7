import { chmod, lstat, mkdir, open, readdir, readFile, readlink, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type PackEntry, packEntries } from '../../schemas/pack.ts'
import { syncFolder } from '../disk.ts'

/** Who owns a file and who may read it. */
export interface Owner {
  uid: number
  gid: number
  mode: number
}

const FOLDER_MODE = 0o755
const MODES = { file: 0o644, executable: 0o755 }

/**
 * Writes the entries of a pack at `root`, which is not there yet: a folder, or one file. Everything is root's and
 * readable for all, or as `owner` says, and on the disk when this resolves. Symlinks are made as they are, never followed.
 */
export async function writeTree(root: string, entries: PackEntry[], owner?: Owner): Promise<void> {
  const made = new Set<string>()
  if (entries[0]?.path !== '') await makeFolder(root)
  for (const entry of entries) await write(entry)
  for (const folder of made) await syncFolder(folder)

  async function write({ path, kind, content }: PackEntry): Promise<void> {
    const place = path === '' ? root : join(root, path)
    if (path !== '') await makeFolders(dirname(path))
    if (kind === 'folder') await makeFolder(place)
    else if (kind === 'symlink') await symlink(content, place)
    else await writeFile(place, content, owner ?? { uid: 0, gid: 0, mode: MODES[kind] })
  }

  async function makeFolders(path: string): Promise<void> {
    if (path === '.' || made.has(join(root, path))) return
    await makeFolders(dirname(path))
    await makeFolder(join(root, path))
  }

  async function makeFolder(place: string): Promise<void> {
    await mkdir(place)
    await chmod(place, FOLDER_MODE) // whatever the umask took away
    made.add(place)
  }
}

/** What stands at `root`, as the entries of the pack that it was written from. */
export async function readTree(root: string): Promise<PackEntry[]> {
  const stats = await lstat(root)
  if (!stats.isDirectory()) return [{ path: '', kind: kindOf(stats), content: await contentOf(root, stats) }]
  const paths = await pathsIn(root)
  const filled = new Set(paths.map((path) => dirname(path)))
  const entries: PackEntry[] = []
  for (const path of paths) {
    const place = join(root, path)
    const found = await lstat(place)
    if (found.isDirectory() && filled.has(path)) continue
    entries.push({ path, kind: kindOf(found), content: await contentOf(place, found) })
  }
  return packEntries(entries)
}

/** All paths below a folder, its own sub-folders among them; symlinks are not followed, as Node's own `recursive` does. */
export async function pathsIn(root: string, folder = ''): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true })
  const paths = entries.map(async (entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? [path, ...(await pathsIn(root, path))] : [path]
  })
  return (await Promise.all(paths)).flat().sort()
}

type Stats = Awaited<ReturnType<typeof lstat>>

function kindOf(stats: Stats): PackEntry['kind'] {
  if (stats.isDirectory()) return 'folder'
  if (stats.isSymbolicLink()) return 'symlink'
  return (Number(stats.mode) & 0o111) === 0 ? 'file' : 'executable'
}

async function contentOf(place: string, stats: Stats): Promise<Buffer> {
  if (stats.isSymbolicLink()) return readlink(place, { encoding: 'buffer' })
  return stats.isFile() ? readFile(place) : Buffer.alloc(0)
}

async function writeFile(place: string, content: Buffer, { uid, gid, mode }: Owner): Promise<void> {
  const handle = await open(place, 'wx', 0o600)
  try {
    await handle.writeFile(content)
    await handle.chown(uid, gid) // takes setuid bits away, so the mode comes after
    await handle.chmod(mode)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
