import { join } from 'node:path'
import type { VolumeUser } from '../../schemas/session/volumes.ts'
import type { Task } from '../../schemas/task.ts'

/**
 * The tasks of a host by the names of the volumes that they mount, by what they are to be: one that is about to be
 * prepared counts, and so does one that has ended and may start again, or binds what is in a volume by its path.
 * @param folder where volumes have their folders
 */
export function usersByVolume(tasks: Task[], folder: string): Map<string, VolumeUser[]> {
  const users = new Map<string, VolumeUser[]>()
  for (const task of tasks) {
    for (const name of volumesOf(task, folder)) users.set(name, [...(users.get(name) ?? []), userOf(task)])
  }
  return users
}

/** A task as it is told to people. */
export function userOf({ id, stack, service, slot }: Task): VolumeUser {
  return { taskId: id, stack, service, slot }
}

/** The name of the volume that a path lies in; undefined when it lies in none. @param folder where volumes have theirs */
export function volumeAt(path: string, folder: string): string | undefined {
  const above = join(folder, '/')
  return path.startsWith(above) ? path.slice(above.length).split('/', 1)[0] : undefined
}

function volumesOf({ container }: Task, folder: string): Set<string> {
  const names = container.mounts.flatMap(({ type, source }) =>
    type === 'volume' ? source : (volumeAt(source, folder) ?? []),
  )
  return new Set(names.filter((name) => name !== ''))
}
