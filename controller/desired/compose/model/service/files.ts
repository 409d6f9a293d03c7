import { honoured, ignored } from '../../marks.ts'
import type { Key } from '../../shape.ts'
import { boolean, distinct, options } from '../common.ts'
import { configMounts, secretMounts } from '../file-mounts.ts'
import { mounts } from '../mounts.ts'
import { size } from '../size.ts'
import { uniqueStrings } from '../string-or-list.ts'
import { tmpfs } from '../tmpfs.ts'

/** What a service finds in its file system. */
export const files: Record<string, Key> = {
  volumes: honoured(
    mounts,
    'Volumes and folders of the host that the container sees, as in `data:/var/lib/data`.',
  ),
  volumes_from: honoured(
    distinct(uniqueStrings),
    'Services whose volumes and folders of the host this one mounts too, as in `app` or `app:ro`.',
  ),
  tmpfs: honoured(tmpfs, 'Folders that are kept in memory and are gone with the container.'),
  secrets: honoured(secretMounts, 'Secrets that the container sees as files, kept in memory.'),
  configs: honoured(configMounts, 'Configs that the container sees as files.'),
  read_only: honoured(boolean, 'The file system of the image cannot be written to.'),
  shm_size: honoured(size, 'The size of /dev/shm, as in `256m`. By default 64m.'),
  storage_opt: ignored(options, 'Limits of the writable layer.', {
    reason: 'the size of the writable layer is not limited',
  }),
}
