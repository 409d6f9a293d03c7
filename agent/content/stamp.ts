import { createHash } from 'node:crypto'
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { pathsIn } from './tree.ts'

/**
 * What changes when anybody writes, renames, removes or makes a file at `root` or below, without reading one: the time
 * of the last change of each inode, which nobody can set, is part of it.
 */
export async function stampOf(root: string): Promise<string> {
  const hash = createHash('sha256')
  const stats = await lstat(root, { bigint: true })
  const paths = stats.isDirectory() ? ['', ...(await pathsIn(root))] : ['']
  for (const path of paths) {
    const { mode, uid, gid, size, ctimeNs, ino } = await lstat(join(root, path), { bigint: true })
    hash.update(JSON.stringify([path, `${mode} ${uid} ${gid} ${size} ${ctimeNs} ${ino}`]))
  }
  return hash.digest('hex')
}
