import { isIpv6 } from '../../../schemas/address.ts'
import { digest } from '../../../schemas/canonical.ts'
import { familiesOf, ipv4Of, ipv6Of, withPrefix } from '../addresses/families.ts'
import type { Lease, Leases, Network } from '../addresses/leases.ts'
import type { NameServer } from '../names/name-servers.ts'
import { hardwareAddress, namespaceName, vethName } from '../naming.ts'
import type { PluginLink } from './cni.ts'
import type { Link } from './lines.ts'
import type { Namespace } from './make-namespace.ts'

/** The networks of a task that a name server answers for, the first one being where it listens. */
export interface ServerPlan {
  key: string
  networks: Network[]
  /** Whom other names are asked of; absent: the host's resolvers. */
  resolvers?: string[]
}

/**
 * A task's namespace as its leases say, links in the order of their devices.
 * @param script the file for the lines that are run inside
 */
export function namespaceOf(
  leases: Leases,
  instance: string,
  { taskId, script }: { taskId: string; script: string },
): Namespace {
  const places = placesOf(leases, taskId)
  const gateways = defaultGateways(places)
  const links = places
    .filter(({ network }) => network.driver === undefined)
    .map(({ network, lease }) => ({
      ...linkOf(network, lease),
      gateways: gateways.get(network) ?? [],
      host: vethName(instance, taskId, network.key),
    }))
  return { name: namespaceName(instance, taskId), links, script }
}

/** The task's places in the networks of a plugin, with what that is to make. */
export function pluginLinksOf(leases: Leases, instance: string, taskId: string): PluginLink[] {
  const places = placesOf(leases, taskId)
  const gateways = defaultGateways(places)
  return places.flatMap(({ network, lease }) => {
    if (network.driver === undefined) return []
    const id = vethName(instance, taskId, network.key)
    return [{ id, network, lease, gateways: gateways.get(network) ?? [] }]
  })
}

interface Place {
  network: Network
  lease: Lease
}

/** In the order in which the networks are joined. */
function placesOf(leases: Leases, taskId: string): Place[] {
  return leases.of(taskId).sort((a, b) => orderOf(a.lease) - orderOf(b.lease))
}

/** Where the default routes lead, one of each family: by the network of the highest priority that is not internal, else the first. */
function defaultGateways(places: Place[]): Map<Network, string[]> {
  const priority = ({ lease }: Place): number => lease.gatewayPriority ?? 0
  const outward = places.filter(({ network }) => !network.internal)
  outward.sort((a, b) => priority(b) - priority(a))
  const found = new Map<Network, string[]>()
  for (const familyOf of [ipv4Of, ipv6Of]) {
    const first = outward.find(({ network }) => familyOf(network))?.network
    const gateway = first && familyOf(first)?.gateway
    if (first && gateway) found.set(first, [...(found.get(first) ?? []), gateway])
  }
  return found
}

function linkOf(network: Network, lease: Lease): Omit<Link, 'host' | 'gateways'> {
  const { address, address6, linkLocal = [] } = lease
  const own = [address, address6].filter((one) => one !== undefined)
  return {
    bridge: network.bridge,
    inside: lease.device,
    hardware: lease.mac ?? hardwareAddress(own[0] ?? ''),
    addresses: [
      ...own.map((one) => withPrefix(network, one)),
      ...linkLocal.map((one) => `${one}/${isIpv6(one) ? 64 : 16}`),
    ],
    mtu: network.mtu,
  }
}

/** Leases of before the order was kept have it in their device: `eth0`, … */
function orderOf({ order, device }: Lease): number {
  return order ?? Number(/\d+$/.exec(device)?.[0] ?? 0)
}

/** One name server for each set of networks that some task is in: a task sees the names of all its networks and of no other. */
export function serverPlans(networks: Network[]): Map<string, ServerPlan> {
  const places = new Map<string, Place[]>()
  for (const network of networks) {
    for (const [taskId, lease] of Object.entries(network.leases)) {
      places.set(taskId, [...(places.get(taskId) ?? []), { network, lease }])
    }
  }
  const plans = [...places.values()].map(serverPlan)
  return new Map(plans.map((plan) => [plan.key, plan]))
}

/** The name server of a task in exactly these networks, the bridges first: it listens on one. */
export function serverPlan(places: Place[]): ServerPlan {
  const networks = places.map(({ network }) => network).sort((a, b) => (a.key < b.key ? -1 : 1))
  const resolvers = places.find(({ lease }) => lease.resolvers)?.lease.resolvers
  const keys = networks.map((network) => network.key)
  const key =
    keys.length === 1 && !resolvers ? (keys[0] ?? '') : digest(resolvers ? { keys, resolvers } : keys, 12)
  const isBridge = ({ driver }: Network): boolean => driver === undefined
  const ordered = [...networks.filter(isBridge), ...networks.filter((one) => !isBridge(one))]
  return { key, networks: ordered, ...(resolvers && { resolvers }) }
}

/**
 * The server of all tasks of one network listens on its gateway; any other has an address of its own, on the first
 * network. Undefined where no network is a bridge: the host has no way into the others.
 */
export function nameServer({ key, networks, resolvers }: ServerPlan, leases: Leases): NameServer | undefined {
  const [first, second] = networks
  if (!first || first.driver !== undefined) return undefined
  const gateway = second || resolvers ? undefined : familiesOf(first)[0]?.gateway
  return {
    key,
    address: gateway ?? leases.serverAddress(first, key),
    upstream: networks.some((network) => !network.internal),
    ...(resolvers && { resolvers }),
  }
}
