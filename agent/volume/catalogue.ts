import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import type { HostVolume, RemoveVolumeRequest, VolumeUser } from '../../schemas/session/volumes.ts'
import { slotName } from '../../schemas/slot.ts'
import type { Task } from '../../schemas/task.ts'
import { type DriverOptions, withoutPasswords } from '../../schemas/volume.ts'
import { absent } from '../disk.ts'
import { isInside } from '../mountinfo.ts'
import type { Paths } from '../paths.ts'
import type { ResolvedMount, Runtime } from '../runtime/runtime.ts'
import { holdersByVolume } from './holders.ts'
import type { Uses } from './last-use.ts'
import { type Meta, readMeta } from './meta.ts'
import { namesIn } from './mounted.ts'
import { isName } from './named-checks.ts'
import { dataOf, mountsFolder, ownVolumesFolder, volumesFolder } from './places.ts'
import { sizesOf } from './sizes.ts'
import { userOf, usersByVolume } from './users.ts'
import type { Volumes } from './volumes.ts'

/** What the volumes of a host are told from. */
export interface Catalogue {
  paths: Pick<Paths, 'state' | 'run' | 'task' | 'taskRun'>
  runtime: Pick<Runtime, 'list'>
  known: () => { task: Task; mounts: ResolvedMount[] }[]
  uses: Pick<Uses, 'of'>
  volumes: Pick<Volumes, 'remove'>
}

/**
 * Every volume of this host, those without a name too.
 * @param size measure what lies in the state folder
 */
export async function listVolumes(catalogue: Catalogue, size: boolean): Promise<HostVolume[]> {
  const all = [...(await named(catalogue)), ...(await anonymous(catalogue))]
  if (!size) return all
  const sizes = await sizesOf(all.filter(({ driverOpts }) => !driverOpts).map(({ path }) => path))
  return all.map((volume) => ({ ...volume, ...bytesOf(sizes.get(volume.path)) }))
}

/**
 * Removes a volume that is still the one that was meant, and that no task of this host uses or is about to, and no
 * other container. Repeatable: one that is not there is nothing to do.
 * @throws SetpointError VOLUME_KEPT saying why, or what of it could not be deleted; MOUNT_FAILED while something is mounted in its folder
 */
export async function removeVolume(
  catalogue: Catalogue,
  { name, createdAt }: Pick<RemoveVolumeRequest, 'name' | 'createdAt'>,
): Promise<void> {
  await catalogue.volumes.remove(name, async (meta) => {
    if (meta === undefined) return false
    if (meta.external) throw kept(`The volume ${name} is external`, 'Setpoint has not made it.')
    if (meta.createdAt !== createdAt)
      throw kept(`The volume ${name} was made anew since`, 'Look at it again.')
    const users = (await usersOf(catalogue))(name)
    if (users.length > 0) throw kept(`The volume ${name} is used by ${describe(users)}`)
    return true
  })
}

/** Who uses a volume: tasks by what they are to be at this moment, and containers by what they have. */
async function usersOf(catalogue: Catalogue): Promise<(name: string) => VolumeUser[]> {
  const holders = await holdersByVolume(catalogue)
  const { paths, known } = catalogue
  const tasks = usersByVolume(
    known().map(({ task }) => task),
    volumesFolder(paths),
  )
  return (name) => {
    const users = [...(tasks.get(name) ?? []), ...(holders.get(name) ?? [])]
    return [...new Map(users.map((user) => [user.taskId, user])).values()]
  }
}

async function named(catalogue: Catalogue): Promise<HostVolume[]> {
  const { paths, uses } = catalogue
  const folder = volumesFolder(paths)
  const users = await usersOf(catalogue)
  const names = (await namesIn(folder)).filter(isName).sort()
  const metas = await Promise.all(names.map((name) => readMeta(join(folder, name))))
  return metas.flatMap((meta) => (meta ? [namedVolume(meta)] : []))

  function namedVolume({ name, external, labels, createdAt, driverOpts }: Meta): HostVolume {
    const usedBy = users(name)
    const use = uses.of(name)
    const stack = usedBy[0]?.stack ?? use?.stack
    const unusedSince = usedBy.length > 0 ? undefined : use?.unusedSince
    return {
      name,
      external,
      labels,
      createdAt,
      usedBy,
      path: driverOpts ? join(mountsFolder(paths), name) : dataOf(join(folder, name)),
      ...(driverOpts && { driverOpts: toShow(driverOpts) }),
      ...(stack !== undefined && { stack }),
      ...(unusedSince !== undefined && { unusedSince }),
    }
  }
}

/** They lie in the folder of their task. */
async function anonymous({ paths, known }: Catalogue): Promise<HostVolume[]> {
  const found = known().flatMap(({ task, mounts }) =>
    mounts
      .filter(({ source }) => isInside(source, ownVolumesFolder(paths, task.id)))
      .map(({ source, target }) => ({ task, source, target })),
  )
  const volumes = found.map(async ({ task, source, target }): Promise<HostVolume[]> => {
    const stats = await stat(source).catch(absent)
    if (stats === undefined) return []
    const createdAt = stats.birthtime.toISOString()
    const facts = { external: false, labels: {}, createdAt, stack: task.stack, usedBy: [userOf(task)] }
    return [{ name: '', target, path: source, ...facts }]
  })
  return (await Promise.all(volumes)).flat()
}

function toShow({ type, device, o }: DriverOptions): DriverOptions {
  return { type, device: withoutPasswords(device), ...(o !== undefined && { o: withoutPasswords(o) }) }
}

function bytesOf(size: number | undefined): { size?: number } {
  return size === undefined ? {} : { size }
}

function describe(users: VolumeUser[]): string {
  return users.map(slotName).join(', ')
}

function kept(why: string, hint = 'It can be removed once no task is there that mounts it.'): SetpointError {
  return new SetpointError('VOLUME_KEPT', `${why}, so it is not removed.`, { hint })
}
