import { familiesOf, withPrefix } from '../addresses/families.ts'
import type { Leases, Network } from '../addresses/leases.ts'
import type { Ip } from '../links/ip.ts'
import { DONE_BEFORE } from '../links/make-namespace.ts'

interface AddressDeps {
  ip: Ip
  leases: Leases
}

/**
 * Puts the address of a name server on the bridge of a network. That of a server for one network is the gateway, which is
 * there already.
 * @returns what `ip` complained of; empty when all went well
 */
export async function setServerAddress(
  network: Network,
  address: string,
  { ip, leases }: AddressDeps,
): Promise<string[]> {
  if (familiesOf(network).some(({ gateway }) => gateway === address)) return []
  await leases.save(network)
  return ip.run([`addr add ${withPrefix(network, address)} dev ${network.bridge}`], DONE_BEFORE)
}

/** Takes the address of a name server away, from its bridge and for others to have. The file of its network is not saved. */
export async function dropServerAddress(key: string, { ip, leases }: AddressDeps): Promise<void> {
  for (const network of leases.networks()) {
    const address = network.servers[key]
    if (address === undefined) continue
    leases.dropServer(network, key)
    await ip.run(
      [`addr del ${withPrefix(network, address)} dev ${network.bridge}`],
      /Cannot assign|Cannot find device/,
    )
  }
}
