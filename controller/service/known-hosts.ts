import { SetpointError } from '../../schemas/error.ts'
import type { Fleet } from '../observed/fleet.ts'
import type { HostKeys } from '../state/host-keys.ts'

/** @throws SetpointError HOST_NOT_FOUND, unless it is one of those known by name, with their names */
export function checkHost(known: ReadonlyMap<string, unknown>, host: string): void {
  if (known.has(host)) return
  const hosts = [...known.keys()].sort()
  const hint = hosts.length === 0 ? 'No agent has reported yet.' : `There are: ${hosts.join(', ')}.`
  throw new SetpointError('HOST_NOT_FOUND', `There is no host ${host}.`, { hint })
}

interface KnownHosts {
  fleet: Pick<Fleet, 'observed' | 'isCurrent' | 'stateOf'>
  hostKeys: Pick<HostKeys, 'hosts'>
  now: () => Date
}

/**
 * True once every host that is known by name has told what it has, or has been silent for so long that it is lost, or
 * tells what cannot be read. Before, what is not in sight may be there all the same: as after a start with an empty Redis.
 */
export function areAllHeard({ fleet, hostKeys, now }: KnownHosts): boolean {
  const observed = fleet.observed(now())
  const isHeard = (host: string) => observed.has(host) || fleet.stateOf(host, now()) !== 'stale'
  return fleet.isCurrent() && hostKeys.hosts().every(isHeard)
}
