import { digest } from '../../schemas/canonical.ts'
import { gatewayOf } from './cidr.ts'
import { type Leases, type Network, subnetOf } from './leases.ts'
import type { Link } from './lines.ts'
import type { NameServer } from './name-servers.ts'
import type { Namespace } from './namespaces.ts'
import { namespaceName, vethName } from './naming.ts'

/** The networks of a task that a name server answers for, the first one being where it listens. */
export interface ServerPlan {
  key: string
  networks: Network[]
}

/** A task's namespace as its leases say, links in the order of their devices. */
export function namespaceOf(leases: Leases, instance: string, taskId: string, script: string): Namespace {
  const links = leases.of(taskId).map(
    ({ network, lease }): Link => ({
      bridge: network.bridge,
      host: vethName(instance, taskId, network.key),
      inside: lease.device,
      address: lease.address,
      subnet: subnetOf(network),
      internal: network.internal,
    }),
  )
  links.sort((a, b) => a.inside.localeCompare(b.inside, 'en', { numeric: true }))
  return { name: namespaceName(instance, taskId), links, script }
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
    address: alone ? gatewayOf(subnetOf(first)) : leases.serverAddress(first, key),
    upstream: networks.some((network) => !network.internal),
  }
}
