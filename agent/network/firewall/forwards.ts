import type { PublishedPort } from '../../../schemas/network.ts'
import { type Family, familiesOf, oneAddress } from '../../../schemas/port.ts'
import type { Lease, Network } from '../addresses/leases.ts'
import type { Endpoint } from '../networks.ts'

/** A port of the host and the places that its traffic is spread over. */
export interface Forward {
  family: Family
  hostIp: string | undefined
  published: number
  protocol: PublishedPort['protocol']
  /** `[address, port]`, sorted. */
  to: [address: string, port: number][]
}

/** A virtual IP of a service (`endpoint_mode: vip`), and the addresses of its tasks that its traffic is spread over. */
export interface Vip {
  address: string
  /** Sorted. */
  to: string[]
}

/** Where connections are led. */
export interface Traffic {
  forwards: Forward[]
  vips: Vip[]
}

/** A task that may be sent traffic, with its ports as they were picked. */
export type Served = Endpoint & { ports: PublishedPort[] }

/** What tells outward networks from internal ones. */
type Reach = Pick<Network, 'name' | 'internal' | 'driver'>

/** The published ports of the tasks, those of several tasks on one port brought together, sorted. */
export function forwardsOf(networks: Reach[], served: Served[]): Forward[] {
  const forwards = new Map<string, Forward>()
  for (const one of served) {
    for (const family of ['ip', 'ip6'] as const) {
      const address = entrance(networks, one, family)
      if (address === undefined) continue
      const ports = one.ports.filter((port) => port.published > 0 && familiesOf(port).includes(family))
      for (const port of ports) add(forwards, { family, port, address })
    }
  }
  const all = [...forwards.values()]
  for (const forward of all) forward.to.sort(([a, p], [b, q]) => compare(a, b) || p - q)
  // A rule for one address goes before the one for every address.
  return all.sort(
    (a, b) =>
      Number(!a.hostIp) - Number(!b.hostIp) ||
      compare(forwardKey(a), forwardKey(b)) ||
      compare(a.family, b.family),
  )
}

function add(
  forwards: Map<string, Forward>,
  { family, port, address }: { family: Family; port: PublishedPort; address: string },
): void {
  const { hostIp, published, protocol, target } = port
  const key = `${family} ${forwardKey(port)}`
  const forward = forwards.get(key) ?? {
    family,
    hostIp: oneAddress(hostIp),
    published,
    protocol,
    to: [],
  }
  if (!forward.to.some(([to, at]) => to === address && at === target)) forward.to.push([address, target])
  forwards.set(key, forward)
}

/** The virtual IPs of services with the tasks that serve; one that none serves is left out. */
export function vipsOf(networks: Pick<Network, 'leases'>[], served: Endpoint[]): Vip[] {
  const serving = new Set(served.map(({ task }) => task.id))
  const vips = new Map<string, string[]>()
  for (const { leases } of networks) {
    for (const [taskId, lease] of Object.entries(leases)) {
      if (!serving.has(taskId)) continue
      for (const [vip, address] of vipPairsOf(lease)) vips.set(vip, [...(vips.get(vip) ?? []), address])
    }
  }
  return [...vips]
    .map(([address, to]) => ({ address, to: to.sort(compare) }))
    .sort((a, b) => compare(a.address, b.address))
}

/** Each virtual IP of the task's service, and the task's own address of the same family. */
export function vipPairsOf({ vip, address, vip6, address6 }: Lease): [vip: string, address: string][] {
  return [
    ...(vip !== undefined && address !== undefined ? [[vip, address] as [string, string]] : []),
    ...(vip6 !== undefined && address6 !== undefined ? [[vip6, address6] as [string, string]] : []),
  ]
}

/** What two ports that cannot both be had have in common. */
export function forwardKey(port: {
  hostIp?: string | undefined
  published: number
  protocol: string
}): string {
  return `${oneAddress(port.hostIp) ?? '*'}:${port.published}/${port.protocol}`
}

/** The address that published ports lead to: on the first network with a way out, else on the first. */
function entrance(networks: Reach[], { task, ...endpoint }: Endpoint, family: Family): string | undefined {
  const addresses = family === 'ip' ? endpoint.addresses : (endpoint.addresses6 ?? {})
  const isDriven = (name: string) =>
    networks.some((other) => other.name === name && other.driver !== undefined)
  const joined = task.container.networks.map(({ network }) => network)
  const names = joined.filter((name) => addresses[name] && !isDriven(name))
  const outward = names.find((name) => networks.some((other) => other.name === name && !other.internal))
  return addresses[outward ?? names[0] ?? '']
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
