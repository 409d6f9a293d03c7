import { constants } from 'node:fs'
import { type FileHandle, open, readlink } from 'node:fs/promises'
import { SetpointError } from '../../schemas/error.ts'
import { absent } from '../disk.ts'
import { MAX_LINKS, O_PATH, partsOf } from '../path-walk.ts'

/** Held, whatever it is; a link as itself. */
const HELD = O_PATH | constants.O_NOFOLLOW

/**
 * The path of an entry of a folder that is held open. The kernel begins at the folder itself, whatever it is called by
 * now, and the name has no slash: so no symbolic link and no rename leads anywhere else.
 */
export function entryPath(folder: FileHandle, name: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw new SetpointError('COPY_FAILED', `${JSON.stringify(name)} is no name of a file.`)
  }
  return `${heldPath(folder)}/${name}`
}

/** What is held, opened again: always the same file. */
export function heldPath(held: FileHandle): string {
  return `/proc/self/fd/${held.fd}`
}

/** An entry of a folder, held and not opened: no device or pipe notices it, and a link is not followed. */
export function hold(folder: FileHandle, name: string): Promise<FileHandle> {
  return open(entryPath(folder, name), HELD)
}

/** The root of a process's mount namespace: mounts and volumes are seen as the process sees them. */
export function holdRoot(pid: number): Promise<FileHandle> {
  return open(`/proc/${pid}/root`, O_PATH | constants.O_DIRECTORY)
}

/** Where a path leads. `held` is undefined when its last part does not exist, and `/` has no name. */
export interface Place {
  parent: FileHandle
  name: string
  held: FileHandle | undefined
}

/**
 * Finds a path as a process in the root would, with `work` done there. Each part is looked up in a folder that is held,
 * and links are read and followed here, so that `/` and `..` end at the root: also while a container moves things about.
 * @param followLast what a link at the end leads to, in place of the link
 * @throws SetpointError COPY_FAILED when it leads through what is no folder
 */
export async function atPath<T>(
  root: FileHandle,
  { path, followLast }: { path: string; followLast: boolean },
  work: (place: Place) => Promise<T>,
): Promise<T> {
  const opened: FileHandle[] = []
  const keep = (handle: FileHandle) => {
    opened.push(handle)
    return handle
  }
  try {
    return await work(await find({ root, path, followLast, keep }))
  } finally {
    await Promise.all(opened.map((handle) => handle.close()))
  }
}

interface Search {
  root: FileHandle
  path: string
  followLast: boolean
  keep: (handle: FileHandle) => FileHandle
}

async function find({ root, path, followLast, keep }: Search): Promise<Place> {
  let trail: { folder: FileHandle; name: string }[] = [{ folder: root, name: '' }]
  let todo = partsOf(path)
  let links = 0
  while (todo.length > 0) {
    const [name = '', ...rest] = todo
    const { folder } = trail.at(-1) as { folder: FileHandle }
    if (name === '..') {
      trail = trail.length > 1 ? trail.slice(0, -1) : trail
      todo = rest
      continue
    }
    const held = await hold(folder, name).then(keep, absent)
    if (held === undefined && rest.length > 0) throw noFolder(path, name)
    const stat = await held?.stat()
    if (stat?.isSymbolicLink() && (rest.length > 0 || followLast)) {
      links += 1
      if (links > MAX_LINKS) throw tooManyLinks(path)
      const target = await readlink(entryPath(folder, name))
      if (target.startsWith('/')) trail = trail.slice(0, 1)
      todo = [...partsOf(target), ...rest]
    } else if (rest.length === 0) return { parent: folder, name, held }
    else if (held === undefined || !stat?.isDirectory()) throw noFolder(path, name)
    else {
      trail = [...trail, { folder: held, name }]
      todo = rest
    }
  }
  return here(trail)
}

/** The path has ended at a folder that is on the way already: `/`, or one before a `..`. */
function here(trail: { folder: FileHandle; name: string }[]): Place {
  const last = trail.at(-1) as { folder: FileHandle; name: string }
  return { parent: trail.at(-2)?.folder ?? last.folder, name: last.name, held: last.folder }
}

function noFolder(path: string, name: string): SetpointError {
  return new SetpointError(
    'COPY_FAILED',
    `${path} does not lead to a file: ${name} is no folder in the container.`,
  )
}

function tooManyLinks(path: string): SetpointError {
  return new SetpointError('COPY_FAILED', `${path} has too many symbolic links on its way.`)
}
