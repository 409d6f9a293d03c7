import { constants } from 'node:fs'
import { lstat, open, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import { absent } from '../disk.ts'
import { MAX_LINKS, partsOf } from '../path-walk.ts'

/**
 * Where a path of an image lies on the host, symlinks followed as a process in the image would: `/` and `..` end at the
 * root, so nothing leads out of it. What does not exist is taken as it is written.
 * The root must not change meanwhile: it is for the roots of images, not for that of a running container.
 */
export async function resolveInRoot(root: string, path: string): Promise<string> {
  const found = await resolveLinks(path, (inside) => linkTarget(join(root, inside)))
  return found === '/' ? root : join(root, found)
}

/**
 * A path without symbolic links, as a process names it.
 * @param linkAt the text of the link that the process finds at a path; undefined when that is no link
 */
export async function resolveLinks(
  path: string,
  linkAt: (path: string) => Promise<string | undefined>,
): Promise<string> {
  let done: string[] = []
  let todo = partsOf(path)
  let links = 0
  while (todo.length > 0) {
    const [part = '', ...rest] = todo
    todo = rest
    if (part === '..') {
      done = done.slice(0, -1)
      continue
    }
    const target = await linkAt(join('/', ...done, part))
    if (target === undefined) {
      done = [...done, part]
      continue
    }
    links += 1
    if (links > MAX_LINKS) throw new Error(`too many symbolic links at ${path}`)
    if (target.startsWith('/')) done = []
    todo = [...partsOf(target), ...todo]
  }
  return join('/', ...done)
}

/**
 * The text of a regular file of an image; undefined when there is none.
 * @throws SetpointError RUNTIME_FAILED when it has more than `max` bytes
 */
export async function readInRoot(root: string, path: string, max: number): Promise<string | undefined> {
  const file = await resolveInRoot(root, path)
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    absent,
  )
  if (handle === undefined) return undefined
  try {
    const found = await handle.stat()
    if (!found.isFile()) return undefined
    if (found.size > max) throw tooLarge(path, found.size, max)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

/** The text of the symbolic link at a path of the host; undefined when there is none. */
export async function linkTarget(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(absent)
  return found?.isSymbolicLink() ? readlink(path) : undefined
}

function tooLarge(path: string, size: number, max: number): SetpointError {
  return new SetpointError(
    'RUNTIME_FAILED',
    `The image's ${path} has ${size} bytes, of which the agent reads ${max} at most.`,
    { hint: 'Build the image with a smaller one.' },
  )
}
