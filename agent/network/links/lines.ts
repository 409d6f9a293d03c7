import { isIpv6 } from '../../../schemas/address.ts'
import { familiesOf, withPrefix } from '../addresses/families.ts'
import type { Network } from '../addresses/leases.ts'
import { hardwareAddress } from '../naming.ts'

/** A task's link into one network, by the names the kernel knows. */
export interface Link {
  bridge: string
  /** The host's end. */
  host: string
  /** The end in the task's namespace. */
  inside: string
  /** Its hardware address. */
  hardware: string
  /** The addresses of each family with their prefix: `10.210.0.2/24`. */
  addresses: string[]
  /** Where default routes lead that go by way of this link, one of each family at most. */
  gateways: string[]
  /** Bytes; undefined: the kernel's 1500. */
  mtu?: number | undefined
}

/** `ip` lines that make a bridge with its gateways. Without an address of its own a bridge changes its hardware address whenever a port comes or goes. */
export function bridgeLines(network: Network): string[] {
  const { bridge, mtu } = network
  const gateways = familiesOf(network).map(({ gateway }) => gateway)
  return [
    `link add ${bridge}${mtuText(mtu)} address ${hardwareAddress(gateways[0] ?? bridge)} type bridge`,
    ...gateways.map((gateway) => addressLine(withPrefix(network, gateway), bridge)),
    // The kernel asks for the neighbour of what it leads on from an address of the link, or not at all.
    ...(gateways.some(isIpv6) ? [addressLine('fe80::1/64', bridge)] : []),
    `link set ${bridge} addrgenmode none up`,
  ]
}

/** `ip` lines, for the host's namespace, that make the task's links. */
export function linkLines(namespace: string, links: Link[]): string[] {
  return links.flatMap((link) => {
    const inside = `${link.inside}${mtuText(link.mtu)} address ${link.hardware} netns ${namespace}`
    return [`link add ${link.host}${mtuText(link.mtu)} type veth peer name ${inside}`, ...portLines(link)]
  })
}

/**
 * `ip` lines that put the host's end of a link into its bridge. Hairpin: a task that asks for its own published port
 * gets its request back by the port it came from (with br_netfilter the bridge does the sending).
 */
export function portLines(link: Link): string[] {
  return [
    `link set ${link.host} master ${link.bridge} addrgenmode none up`,
    `link set ${link.host} type bridge_slave hairpin on`,
  ]
}

/** `ip` lines, for the task's namespace, that set addresses and the default routes; repeatable. */
export function insideLines(links: Link[]): string[] {
  const outward = links.flatMap(({ gateways }) => gateways)
  return [
    'link set lo up',
    ...links.flatMap((link) => [
      ...link.addresses.map((address) => addressLine(address, link.inside)),
      `link set ${link.inside} up`,
    ]),
    ...outward.map((gateway) => `route replace default via ${gateway}`),
  ]
}

/** Nobody else has an address that was given out, so that IPv6 need not ask around for a second first. */
function addressLine(address: string, device: string): string {
  return `addr add ${address} dev ${device}${isIpv6(address) ? ' nodad' : ''}`
}

function mtuText(mtu: number | undefined): string {
  return mtu === undefined ? '' : ` mtu ${mtu}`
}
