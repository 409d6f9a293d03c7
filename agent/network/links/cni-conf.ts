import { ipv4Of, ipv6Of, withPrefix } from '../addresses/families.ts'
import type { Lease, Network } from '../addresses/leases.ts'

/** A task's place in a network that a CNI plugin makes. */
export interface PluginLink {
  /** Tells it from all others of this host. */
  id: string
  network: Network
  lease: Lease
  /** Where default routes lead that go by way of this link. */
  gateways: string[]
}

/** What each of Docker's options of macvlan and ipvlan is called by the plugin. */
const NAMES: Record<string, string> = { parent: 'master', macvlan_mode: 'mode', ipvlan_mode: 'mode' }

/**
 * The network configuration of a plugin (CNI 1.0.0, §Section 1). Addresses are the agent's own: the plugin `static` only
 * sets them.
 */
export function cniConf({ network, lease, gateways }: PluginLink): Record<string, unknown> {
  const { name, driver, mtu } = network
  return {
    cniVersion: '1.0.0',
    name,
    type: driver,
    ...optionsOf(network),
    ...(mtu !== undefined && { mtu }),
    ...(lease.mac !== undefined && { capabilities: { mac: true }, runtimeConfig: { mac: lease.mac } }),
    ipam: {
      type: 'static',
      addresses: addressesOf(network, lease),
      routes: gateways.map((gw) => ({ dst: gw.includes(':') ? '::/0' : '0.0.0.0/0', gw })),
    },
  }
}

/** Each with the gateway of its family: some plugins lead all packets there, default route or not. */
function addressesOf(
  network: Network,
  { address, address6 }: Lease,
): { address: string; gateway?: string }[] {
  return [address, address6].flatMap((one) => {
    if (one === undefined) return []
    const family = one.includes(':') ? ipv6Of(network) : ipv4Of(network)
    return [{ address: withPrefix(network, one), ...(family && { gateway: family.gateway }) }]
  })
}

/** `network lan (macvlan on eth0)`, for messages. */
export function describeNetwork({ name, driver, options = {} }: Network): string {
  const parent = options.parent ?? options.master
  return `network ${name} (${driver}${parent === undefined ? '' : ` on ${parent}`})`
}

/** By the plugin's own names; texts that are JSON of another kind are taken as that. */
function optionsOf({ options = {} }: Network): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [NAMES[name] ?? name, parsed(value)]),
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
