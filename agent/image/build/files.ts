import { chmod, chown, lstat, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ImageFile } from '../../../schemas/image.ts'
import { absent } from '../../disk.ts'
import { resolveInRoot } from '../../runtime/in-root.ts'

/** Writes a file of an image spec below an image's root, whatever links the image has in the way; folders are made. */
export async function putFile(root: string, file: ImageFile): Promise<void> {
  const folder = await resolveInRoot(root, dirname(file.path))
  await mkdir(folder, { recursive: true })
  const path = join(folder, file.path.split('/').at(-1) ?? '')
  const there = await lstat(path).catch(absent)
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
  const target = await resolveInRoot(root, path)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, inner] = [join(from, entry.name), join(path, entry.name)]
    const place = entry.isDirectory() ? await resolveInRoot(root, inner) : join(target, entry.name)
    const there = await lstat(place).catch(absent)
    if (entry.isDirectory() && there?.isDirectory()) await moveTree(root, source, inner)
    else if (there?.isDirectory())
      throw new Error(`${inner} is a folder in the image and a file in a package`)
    else await rename(source, place)
  }
}
