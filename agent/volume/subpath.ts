import { constants } from 'node:fs'
import { type FileHandle, open, readlink } from 'node:fs/promises'
import { absent } from '../disk.ts'
import { MAX_LINKS, O_PATH, partsOf } from '../path-walk.ts'
import { mountFailure } from './failure.ts'

const STEP = O_PATH | constants.O_NOFOLLOW

/**
 * A handle on a folder or file of a volume. Each step is taken from a handle on the one before, and symbolic links are
 * read and not followed: whatever a container changes in the volume meanwhile, nothing outside of it is ever opened
 * (openat2(2) RESOLVE_BENEATH, which Node cannot call).
 * @param volume its folder on the host, which no container can replace
 * @param path relative
 * @throws SetpointError MOUNT_FAILED when it is not there, or a link leads out
 */
export async function openInVolume(volume: string, path: string, name: string): Promise<FileHandle> {
  const steps: FileHandle[] = [await open(volume, O_PATH | constants.O_DIRECTORY)]
  try {
    await walk(steps, partsOf(path), { path, name })
    const found = steps.pop() as FileHandle
    const stats = await found.stat()
    if (stats.isDirectory() || stats.isFile()) return found
    await found.close()
    throw mountFailure(`${path} of the volume ${name} is neither a folder nor a file.`)
  } finally {
    await Promise.all(steps.map((step) => step.close()))
  }
}

/** Where a handle can be mounted from, as long as it is open. */
export function pathOf(handle: FileHandle): string {
  return `/proc/${process.pid}/fd/${handle.fd}`
}

interface Place {
  path: string
  name: string
}

async function walk(steps: FileHandle[], parts: string[], place: Place): Promise<void> {
  let todo = parts
  let links = 0
  while (todo.length > 0) {
    const [part = '', ...rest] = todo
    todo = rest
    if (part === '..') {
      if (steps.length === 1) throw leadsOut(place)
      await steps.pop()?.close()
      continue
    }
    const next = `${pathOf(steps.at(-1) as FileHandle)}/${part}`
    const handle = await open(next, STEP).catch(absent)
    if (!handle) throw missing(place)
    steps.push(handle)
    if (!(await handle.stat()).isSymbolicLink()) continue
    await steps.pop()?.close()
    links += 1
    const target = await readlink(next)
    if (target.startsWith('/') || links > MAX_LINKS) throw leadsOut(place)
    todo = [...partsOf(target), ...todo]
  }
}

function missing({ path, name }: Place) {
  return mountFailure(`The volume ${name} has no ${path}, which is to be mounted alone.`, {
    hint: 'Make it in the volume first, with a service that mounts all of it, or take volume.subpath away.',
  })
}

function leadsOut({ path, name }: Place) {
  return mountFailure(`${path} leads out of the volume ${name}, by a symbolic link.`, {
    hint: 'Write the path that the link stands for, or replace the link in the volume.',
  })
}
