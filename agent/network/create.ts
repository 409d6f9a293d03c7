import { attach, detach } from './attach.ts'
import { join } from './join.ts'
import { addressesOf, forwardings } from './look.ts'
import type { Networks } from './networks.ts'
import { type NetworksOptions, openParts } from './parts.ts'
import { publish } from './ports/publish.ts'
import { repair } from './repair.ts'
import { removeEverything, sweep } from './sweep.ts'

export type { NetworksOptions } from './parts.ts'

/**
 * Bridges, addresses, names and published ports by iproute2, dnsmasq and nftables. Takes up what an earlier agent of
 * the same state folder left, and takes away what belongs to no task of it any more.
 */
export async function createNetworks(options: NetworksOptions): Promise<Networks> {
  const parts = await openParts(options)
  await sweep(parts)
  return {
    attach: (task, users) => attach(parts, task, users),
    join: (ownerId) => join(parts, ownerId),
    detach: (taskId) => detach(parts, taskId),
    publish: (endpoints) => publish(parts, endpoints),
    repair: (taskId) => repair(parts, taskId),
    forwardings: () => forwardings(parts),
    addressesOf: (taskId) => addressesOf(parts, taskId),
    removeAll: () => removeEverything(parts),
    async close() {
      parts.names.close()
      await parts.ip.close()
    },
  }
}
