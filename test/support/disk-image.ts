import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { must } from './host-command.ts'

/** A file system on a disk of its own, to see what would be on it after a power cut. */
export interface DiskImage {
  /** The folder where it is mounted. */
  root: string
  /** Looks at the disk as it is at this moment, in another folder: what still waits in memory is not there. */
  afterCut<T>(look: (root: string) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Nothing comes to the disk unless somebody asks for it, not even what replaces a file by another name. */
const LAZY = 'loop,commit=600,noauto_da_alloc'

export async function makeDisk(): Promise<DiskImage> {
  const folder = await mkdtemp(join(tmpdir(), 'setpoint-disk-'))
  const [image, copy] = [join(folder, 'image'), join(folder, 'copy')]
  const [root, after] = [join(folder, 'root'), join(folder, 'after')]
  await Promise.all([mkdir(root), mkdir(after)])
  await must(['mke2fs', '-q', '-t', 'ext4', '-E', 'lazy_itable_init=0', image, '16M'])
  await must(['mount', '-o', LAZY, image, root])
  return {
    root,
    async afterCut(look) {
      await copyFile(image, copy) // a loop device writes through to what readers of its file see
      await must(['mount', '-o', 'loop', copy, after])
      try {
        return await look(after)
      } finally {
        await must(['umount', after])
      }
    },
    async close() {
      await must(['umount', root])
      await rm(folder, { recursive: true })
    },
  }
}
