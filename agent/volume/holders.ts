import { readFile, realpath } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { VolumeUser } from '../../schemas/session/volumes.ts'
import { absent } from '../disk.ts'
import { gone } from '../kernel-file.ts'
import { type MountPoint, mountOf, parseMounts, readMounts } from '../mountinfo.ts'
import type { Paths } from '../paths.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { mountsFolder, volumesFolder } from './places.ts'
import { volumeAt } from './users.ts'

export interface HoldersOptions {
  paths: Pick<Paths, 'state' | 'run' | 'taskRun'>
  runtime: Pick<Runtime, 'list'>
}

/** A folder as every mount namespace has it. */
type Place = Pick<MountPoint, 'device' | 'root'>

/**
 * The containers of this host by the names of the volumes that they have, whether a journal knows them or not: one whose
 * journal was set aside is no task, and its database goes on writing.
 */
export async function holdersByVolume({
  paths,
  runtime,
}: HoldersOptions): Promise<Map<string, VolumeUser[]>> {
  const folder = volumesFolder(paths)
  const place = await placeOf(folder)
  const holders = new Map<string, VolumeUser[]>()
  if (place === undefined) return holders
  for (const { id, pid } of await runtime.list()) {
    const { user, sources } = await readBundle(join(paths.taskRun(id), 'config.json'), id)
    const wanted = sources.map((path) => volumeAt(path, folder) ?? volumeAt(path, mountsFolder(paths)))
    const mounted = pid > 0 ? volumesIn(await mountsOf(pid), place) : []
    for (const name of new Set([...wanted, ...mounted])) {
      if (name !== undefined) holders.set(name, [...(holders.get(name) ?? []), user])
    }
  }
  return holders
}

/** The names of the volumes that are mounted, in part or whole, under whatever path. @param place of the folder of volumes */
export function volumesIn(mounts: MountPoint[], place: Place): string[] {
  return mounts
    .filter(({ device }) => device === place.device)
    .flatMap(({ root }) => volumeAt(root, place.root) ?? [])
}

async function placeOf(folder: string): Promise<Place | undefined> {
  const path = await realpath(folder).catch(absent)
  if (path === undefined) return undefined
  const mount = mountOf(path, await readMounts())
  return mount && { device: mount.device, root: join(mount.root, relative(mount.target, path)) }
}

/** None when the process has ended; anything else that keeps us from looking is an error, and no volume goes. */
async function mountsOf(pid: number): Promise<MountPoint[]> {
  return parseMounts((await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(gone)) ?? '')
}

/** For whom a container was made, and from what of the host it has mounts. Without its file the kernel still knows these. */
async function readBundle(file: string, id: string): Promise<{ user: VolumeUser; sources: string[] }> {
  const { annotations = {}, mounts = [] } = parseBundle((await readFile(file, 'utf8').catch(absent)) ?? '')
  const {
    'setpoint.stack': stack = '?',
    'setpoint.service': service = id,
    'setpoint.slot': slot = 0,
  } = annotations
  return {
    user: { taskId: id, stack, service, slot: Number(slot) },
    sources: mounts.flatMap(({ source }) => source ?? []),
  }
}

interface Bundle {
  annotations?: Record<string, string>
  mounts?: { source?: string }[]
}

function parseBundle(text: string): Bundle {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
