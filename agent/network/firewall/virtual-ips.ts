import { isIpv6 } from '../../../schemas/address.ts'
import type { Parts } from '../parts.ts'
import { vipPairsOf } from './forwards.ts'

/**
 * The virtual IPs of services (`endpoint_mode: vip`). The host has each on the bridge of its network, so that it is asked
 * for it there and can lead what comes on to the tasks.
 */
export async function setVips(parts: Parts, taskId: string): Promise<void> {
  const lines = vipsOfTask(parts, taskId).map(({ vip, bridge }) => {
    return `addr replace ${whole(vip)} dev ${bridge}${isIpv6(vip) ? ' nodad' : ''}`
  })
  await parts.ip.run(lines, /File exists/)
}

export interface TaskVip {
  vip: string
  bridge: string
  /** True as long as some task of the service has it. */
  isHeld: () => boolean
}

/** The virtual IPs of a task's service, to be looked at again when the task has released them. */
export function vipsOfTask({ leases }: Parts, taskId: string): TaskVip[] {
  return leases.of(taskId).flatMap(({ network, lease }) =>
    vipPairsOf(lease).map(([vip]) => ({
      vip,
      bridge: network.bridge,
      isHeld: () =>
        Object.values(network.leases).some((other) => vipPairsOf(other).some(([held]) => held === vip)),
    })),
  )
}

/** Takes those away that no task has any more. */
export async function dropVips({ ip }: Parts, vips: TaskVip[]): Promise<void> {
  const lines = vips
    .filter(({ isHeld }) => !isHeld())
    .map(({ vip, bridge }) => `addr del ${whole(vip)} dev ${bridge}`)
  await ip.run(lines, /Cannot assign|Cannot find device/)
}

/** The address alone, without the subnet: the bridge is in that by its own address. */
function whole(address: string): string {
  return `${address}/${isIpv6(address) ? 128 : 32}`
}
