import { chmod, chown, lstat, mkdir, readdir, readlink, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import type { ImageFile } from '../../schemas/image.ts'

/** As many as the kernel follows (path_resolution(7)). */
const MAX_LINKS = 40

/** Writes a file of an image spec below an image's root, whatever links the image has in the way; folders are made. */
export async function putFile(root: string, file: ImageFile): Promise<void> {
  const folder = await resolveIn(root, dirname(file.path))
  await mkdir(folder, { recursive: true })
  const path = join(folder, file.path.split('/').at(-1) ?? '')
  const there = await lstat(path).catch(ifMissing)
  if (there?.isDirectory()) throw new Error(`files: ${file.path} is a folder in the image`)
  await rm(path, { force: true })
  await writeFile(path, Buffer.from(file.content, 'base64'), { flag: 'wx' })
  await chown(path, file.uid, file.gid)
  await chmod(path, file.mode) // after chown, which clears set-user-id
}

/**
 * Moves what is in a folder into an image, folders that both have being brought together; links of the image are
 * followed as they would be inside.
 * @param path where in the image, absolute
 */
export async function moveTree(root: string, from: string, path: string): Promise<void> {
  const target = await resolveIn(root, path)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, inner] = [join(from, entry.name), join(path, entry.name)]
    const place = entry.isDirectory() ? await resolveIn(root, inner) : join(target, entry.name)
    const there = await lstat(place).catch(ifMissing)
    if (entry.isDirectory() && there?.isDirectory()) await moveTree(root, source, inner)
    else if (there?.isDirectory())
      throw new Error(`${inner} is a folder in the image and a file in a package`)
    else await rename(source, place)
  }
}

/**
 * The host path of a path in an image, links followed as they would be inside: an absolute one starts at the image's
 * root, and `..` does not lead out of it.
 */
export async function resolveIn(root: string, path: string): Promise<string> {
  const rest = path.split('/')
  const done: string[] = []
  for (let links = 0; rest.length > 0; ) {
    const part = rest.shift()
    if (part === undefined || part === '' || part === '.') continue
    if (part === '..') {
      done.pop()
      continue
    }
    const here = join(root, ...done, part)
    const there = await lstat(here).catch(ifMissing)
    if (!there?.isSymbolicLink()) {
      done.push(part)
      continue
    }
    if (++links > MAX_LINKS) throw new Error(`${path}: too many symbolic links in the image`)
    const target = await readlink(here)
    if (target.startsWith(sep)) done.length = 0
    rest.unshift(...target.split('/'))
  }
  return join(root, ...done)
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
}
