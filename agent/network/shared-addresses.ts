import { isIpv6 } from '../../schemas/address.ts'
import { sharedOf } from './forwards.ts'
import type { Parts } from './parts.ts'

/**
 * The addresses that services have (`endpoint_mode: vip`). The host has each on the bridge of its network, so that it is
 * asked for it there and can lead what comes on to the tasks.
 */
export async function setSharedAddresses(parts: Parts, taskId: string): Promise<void> {
  const lines = sharedAddresses(parts, taskId).map(({ address, bridge }) => {
    return `addr replace ${whole(address)} dev ${bridge}${isIpv6(address) ? ' nodad' : ''}`
  })
  await parts.ip.run(lines, /File exists/)
}

export interface SharedAddress {
  address: string
  bridge: string
  /** True as long as some task has it. */
  isHeld: () => boolean
}

/** The addresses that a task shares, to be looked at again when it has released them. */
export function sharedAddresses({ leases }: Parts, taskId: string): SharedAddress[] {
  return leases.of(taskId).flatMap(({ network, lease }) =>
    sharedOf(lease).map(([address]) => ({
      address,
      bridge: network.bridge,
      isHeld: () =>
        Object.values(network.leases).some((other) => sharedOf(other).some(([vip]) => vip === address)),
    })),
  )
}

/** Takes those away that nobody shares any more. */
export async function dropSharedAddresses({ ip }: Parts, shared: SharedAddress[]): Promise<void> {
  const lines = shared
    .filter(({ isHeld }) => !isHeld())
    .map(({ address, bridge }) => `addr del ${whole(address)} dev ${bridge}`)
  await ip.run(lines, /Cannot assign|Cannot find device/)
}

/** The address alone, without the subnet: the bridge is in that by its own address. */
function whole(address: string): string {
  return `${address}/${isIpv6(address) ? 128 : 32}`
}
