import { SetpointError } from '../../schemas/error.ts'

/** @throws SetpointError HOST_NOT_FOUND, unless it is one of those known by name, with their names */
export function checkHost(known: ReadonlyMap<string, unknown>, host: string): void {
  if (known.has(host)) return
  const hosts = [...known.keys()].sort()
  const hint = hosts.length === 0 ? 'No agent has reported yet.' : `There are: ${hosts.join(', ')}.`
  throw new SetpointError('HOST_NOT_FOUND', `There is no host ${host}.`, { hint })
}
