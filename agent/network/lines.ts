import type { Cidr } from './cidr.ts'
import { gatewayOf } from './cidr.ts'
import { hardwareAddress } from './naming.ts'

/** A task's link into one network, by the names the kernel knows. */
export interface Link {
  bridge: string
  /** The host's end. */
  host: string
  /** The end in the task's namespace. */
  inside: string
  address: string
  subnet: Cidr
  internal: boolean
}

/** `ip` lines that make a bridge with its gateway address. Without an address of its own a bridge changes its hardware address whenever a port comes or goes. */
export function bridgeLines(bridge: string, subnet: Cidr): string[] {
  const gateway = gatewayOf(subnet)
  return [
    `link add ${bridge} address ${hardwareAddress(gateway)} type bridge`,
    `addr add ${gateway}/${subnet.prefix} dev ${bridge}`,
    `link set ${bridge} addrgenmode none up`,
  ]
}

/** `ip` lines, for the host's namespace, that make the task's links. */
export function linkLines(namespace: string, links: Link[]): string[] {
  return links.flatMap((link) => [
    `link add ${link.host} type veth peer name ${link.inside} address ${hardwareAddress(link.address)} netns ${namespace}`,
    ...portLines(link),
  ])
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

/** `ip` lines, for the task's namespace, that set addresses and the default route; repeatable. */
export function insideLines(links: Link[]): string[] {
  const outward = links.find((link) => !link.internal)
  return [
    'link set lo up',
    ...links.flatMap((link) => [
      `addr add ${link.address}/${link.subnet.prefix} dev ${link.inside}`,
      `link set ${link.inside} up`,
    ]),
    ...(outward ? [`route replace default via ${gatewayOf(outward.subnet)}`] : []),
  ]
}
