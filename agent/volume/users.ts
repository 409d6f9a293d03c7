import type { VolumeUser } from '../../schemas/session/volumes.ts'
import type { Task } from '../../schemas/task.ts'

/**
 * The tasks of a host by the names of the volumes that they mount, by what they are to be: one that is about to be
 * prepared counts, and so does one that has ended and may start again.
 */
export function usersByVolume(tasks: Task[]): Map<string, VolumeUser[]> {
  const users = new Map<string, VolumeUser[]>()
  for (const task of tasks) {
    for (const name of namedVolumes(task)) users.set(name, [...(users.get(name) ?? []), userOf(task)])
  }
  return users
}

/** A task as it is told to people. */
export function userOf({ id, stack, service, slot }: Task): VolumeUser {
  return { taskId: id, stack, service, slot }
}

function namedVolumes({ container }: Task): Set<string> {
  const named = container.mounts.filter(({ type, source }) => type === 'volume' && source !== '')
  return new Set(named.map(({ source }) => source))
}
