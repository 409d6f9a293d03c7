import { createHash } from 'node:crypto'
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mount } from '../../schemas/volume.ts'
import { absent } from '../disk.ts'
import type { Paths } from '../paths.ts'
import { lookAt } from '../runtime/look.ts'
import { makeFilled } from './fill.ts'
import type { createHeldMounts } from './held-mounts.ts'
import { hostPath } from './host-path.ts'
import type { createNamed } from './named.ts'
import { ownVolumesFolder } from './places.ts'
import { openInVolume, pathOf } from './subpath.ts'
import type { Purpose } from './volumes.ts'

interface SourceParts {
  paths: Pick<Paths, 'task'>
  named: Pick<ReturnType<typeof createNamed>, 'open'>
  heldMounts: Pick<ReturnType<typeof createHeldMounts>, 'hold'>
}

/**
 * The path on the host of what a bind mount or a volume shows, made and held in place if it may be.
 * @throws SetpointError MOUNT_FAILED, DISK_FULL
 */
export async function sourceOf(mount: Mount, purpose: Purpose, parts: SourceParts): Promise<string> {
  if (mount.type === 'bind') return bindSource(mount, purpose, parts)
  const folder = await volumeFolder(mount, purpose, parts)
  return mount.subpath ? partOf(folder, { mount, purpose }, parts) : folder
}

/** Not every runtime leaves out what is mounted below (crun 1.8): so it is left out before. */
async function bindSource(mount: Mount, { taskId }: Purpose, { heldMounts }: SourceParts): Promise<string> {
  const { source, target } = mount
  const { isFolder } = await hostPath(mount)
  return mount.recursive === 'disabled' ? heldMounts.hold({ taskId, target, source, isFolder }) : source
}

function volumeFolder(mount: Mount, purpose: Purpose, { paths, named }: SourceParts): Promise<string> {
  if (mount.source === '') return anonymous(mount, purpose, paths)
  const { specs, imageRoot } = purpose
  return named.open({ mount, spec: specs.find(({ name }) => name === mount.source), imageRoot })
}

/** A volume without a name is the task's own, and goes with it as in Swarm; it outlives restarts and reboots. */
async function anonymous(
  { target, noCopy }: Mount,
  { taskId, imageRoot }: Purpose,
  paths: SourceParts['paths'],
): Promise<string> {
  const data = join(ownVolumesFolder(paths, taskId), shortHash(target))
  if (await stat(data).catch(absent)) return data
  if (noCopy) await mkdir(data, { recursive: true })
  else await makeFilled({ data, imageRoot, target })
  return data
}

async function partOf(
  folder: string,
  { mount, purpose }: { mount: Mount; purpose: Purpose },
  { heldMounts }: SourceParts,
): Promise<string> {
  const { source, target, subpath = '' } = mount
  await lookAt(join(folder, subpath)) // fails where a server is silent, before a thread waits for it
  const handle = await openInVolume(folder, subpath, source)
  try {
    const isFolder = (await handle.stat()).isDirectory()
    return await heldMounts.hold({ taskId: purpose.taskId, target, source: pathOf(handle), isFolder })
  } finally {
    await handle.close()
  }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
