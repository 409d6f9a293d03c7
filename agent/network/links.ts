import { isIpv6 } from '../../schemas/address.ts'
import { digest } from '../../schemas/canonical.ts'
import { familiesOf, withPrefix } from './families.ts'
import type { Lease, Leases, Network } from './leases.ts'
import type { Link } from './lines.ts'
import type { NameServer } from './name-servers.ts'
import type { Namespace } from './namespaces.ts'
import { hardwareAddress, namespaceName, vethName } from './naming.ts'

/** The networks of a task that a name server answers for, the first one being where it listens. */
export interface ServerPlan {
  key: string
  networks: Network[]
}

/** A task's namespace as its leases say, links in the order of their devices. */
export function namespaceOf(leases: Leases, instance: string, taskId: string, script: string): Namespace {
  const places = leases.of(taskId).sort((a, b) => orderOf(a.lease) - orderOf(b.lease))
  const links = places.map(({ network, lease }) => ({
    ...linkOf(network, lease),
    host: vethName(instance, taskId, network.key),
  }))
  return { name: namespaceName(instance, taskId), links, script }
}

function linkOf(network: Network, lease: Lease): Omit<Link, 'host'> {
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
    gateways: network.internal ? [] : familiesOf(network).map(({ gateway }) => gateway),
    gatewayPriority: lease.gatewayPriority ?? 0,
    mtu: network.mtu,
  }
}

/** Leases of before the order was kept have it in their device: `eth0`, … */
function orderOf({ order, device }: Lease): number {
  return order ?? Number(/\d+$/.exec(device)?.[0] ?? 0)
}

/** One name server for each set of networks that some task is in: a task sees the names of all its networks and of no other. */
export function serverPlans(networks: Network[]): Map<string, ServerPlan> {
  const sets = new Map<string, Network[]>()
  for (const network of networks) {
    for (const taskId of Object.keys(network.leases)) {
      sets.set(taskId, [...(sets.get(taskId) ?? []), network])
    }
  }
  const plans = [...sets.values()].map(serverPlan)
  return new Map(plans.map((plan) => [plan.key, plan]))
}

/** The name server of a task in exactly these networks. */
export function serverPlan(networks: Network[]): ServerPlan {
  const sorted = [...networks].sort((a, b) => (a.key < b.key ? -1 : 1))
  const keys = sorted.map((network) => network.key)
  return { key: keys.length === 1 ? (keys[0] ?? '') : digest(keys, 12), networks: sorted }
}

/** A server for one network listens on its gateway; one for several has an address of its own on the first. */
export function nameServer({ key, networks }: ServerPlan, leases: Leases): NameServer | undefined {
  const [first] = networks
  if (!first) return undefined
  const alone = networks.length === 1
  return {
    key,
    address: (alone && familiesOf(first)[0]?.gateway) || leases.serverAddress(first, key),
    upstream: networks.some((network) => !network.internal),
  }
}
