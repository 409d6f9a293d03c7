import { SetpointError } from '../../schemas/error.ts'
import { slotName } from '../../schemas/slot.ts'
import type { VolumeStatus, VolumesDocument } from '../../schemas/status.ts'
import { VOLUME_NAME } from '../../schemas/volume.ts'

/**
 * The volume that a name stands for; undefined when it is on none of the hosts.
 * @param host the one that was named; undefined: all were asked
 * @throws SetpointError SESSION_LOST when a host that may have it does not answer, USAGE when several have it
 */
export function namedVolume(
  { volumes, missing }: VolumesDocument,
  name: string,
  host: string | undefined,
): VolumeStatus | undefined {
  const found = volumes.filter((volume) => volume.name === name && !volume.anonymous)
  const [first, second] = found
  const [silent] = missing
  if (silent !== undefined) throw unsure(name, silent, first?.host)
  if (host === undefined && second !== undefined) throw severalHosts(name, found)
  return first
}

/** @throws SetpointError USAGE for what is no name: a variable of a script may be empty */
export function checkVolumeName(name: string): void {
  if (VOLUME_NAME.test(name)) return
  throw new SetpointError('USAGE', `${JSON.stringify(name)} is no name of a volume.`, {
    hint: '`setpoint volumes` shows the names; a volume without one goes with its task.',
  })
}

/** @throws SetpointError VOLUME_KEPT with who uses it and who declares it */
export function checkRemovable({ name, host, external, usedBy, declaredBy }: VolumeStatus): void {
  const where = `The volume ${name} on ${host} is`
  const [stacks, tasks] = [declaredBy.join(', '), usedBy.map(slotName).join(', ')]
  if (external) throw kept(`${where} external: Setpoint has not made it`, 'Remove it as it was made.')
  if (stacks !== '') {
    throw kept(
      `${where} declared by ${stacks}${tasks === '' ? '' : ` and used by ${tasks}`}`,
      `Take it, or the services that mount it, out of ${stacks}, and remove it once that is rolled out.`,
    )
  }
  if (tasks !== '') {
    throw kept(`${where} used by ${tasks}`, 'It can be removed once no task is there that mounts it.')
  }
}

function kept(why: string, hint: string): SetpointError {
  return new SetpointError('VOLUME_KEPT', `${why}, so it is not removed.`, { hint })
}

function severalHosts(name: string, found: VolumeStatus[]): SetpointError {
  const hosts = found.map(({ host }) => host)
  return new SetpointError('USAGE', `The volume ${name} is on ${hosts.join(', ')}: say which is meant.`, {
    hint: `For example: setpoint volumes rm ${name} --host ${hosts[0]}`,
  })
}

function unsure(
  name: string,
  { host, error }: VolumesDocument['missing'][number],
  found: string | undefined,
): SetpointError {
  const hint = found === undefined ? error.hint : `Name the host that is meant: --host ${found}`
  return new SetpointError(
    'SESSION_LOST',
    `Nobody knows whether ${name} is on ${host}, so nothing is removed: ${error.message}`,
    hint === undefined ? {} : { hint },
  )
}
