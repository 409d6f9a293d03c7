import { familiesOf, withPrefix } from '../addresses/families.ts'
import type { Leases, Network } from '../addresses/leases.ts'
import type { Ip } from '../links/ip.ts'

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
  return ip.run([`addr replace ${withPrefix(network, address)} dev ${network.bridge}`])
}

/** Takes the addresses of these name servers away, from the bridges and for others to have. */
export async function dropServerAddresses(keys: string[], { ip, leases }: AddressDeps): Promise<void> {
  for (const network of leases.networks()) {
    const gone = Object.entries(network.servers).filter(([key]) => keys.includes(key))
    if (gone.length === 0) continue
    for (const [key] of gone) leases.dropServer(network, key)
    await ip.run(
      gone.map(([, address]) => `addr del ${withPrefix(network, address)} dev ${network.bridge}`),
      /Cannot assign|Cannot find device/,
    )
    await leases.save(network)
  }
}
