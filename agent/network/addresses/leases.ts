import type { Log } from '../../../schemas/log.ts'
import type { NetworkAttachment, NetworkSpec, PublishedPort } from '../../../schemas/network.ts'
import type { Task } from '../../../schemas/task.ts'
import { bridgeName } from '../naming.ts'
import { familiesOf } from './families.ts'
import { createNetworkFiles } from './files.ts'
import { giveAddresses, nextAddress } from './give.ts'
import type { Picked } from './subnets.ts'

/** An address that a task has, and what is needed to say who it is. */
export interface Lease {
  address?: string
  address6?: string
  /** The interface in the task's namespace. */
  device: string
  /** Its place among the task's networks, from 0. */
  order?: number
  /** Hardware address, where the stack file gives one. */
  mac?: string
  gatewayPriority?: number
  linkLocal?: string[]
  /** Whom other names are asked of; absent: the host's resolvers. */
  resolvers?: string[]
  stack: string
  service: string
  /** Absent in a file of an earlier agent. */
  slot?: number
  /** The published ports, including those that the stack file leaves to the agent to pick. */
  ports: PublishedPort[]
  /** What the task is called in the network, served or not. */
  names?: string[]
  /** The virtual IPs of the service here, the same in the lease of each of its tasks (`endpoint_mode: vip`). */
  vip?: string
  vip6?: string
}

/** A network as kept in `<state>/networks/<key>.json`. */
export interface Network {
  key: string
  name: string
  internal: boolean
  /** Empty where a driver makes the links. */
  bridge: string
  /** CIDR; absent without IPv4. */
  subnet?: string
  /** The bridge's address; absent: the first of the subnet. */
  gateway?: string
  /** CIDR, the part that addresses are given out from. */
  range?: string
  /** The same for IPv6. */
  subnet6?: string
  gateway6?: string
  range6?: string
  /** Addresses that no task gets by itself. */
  reserved?: string[]
  mtu?: number
  /** The CNI plugin that makes the links, with what it is told; absent: they are those of the bridge. */
  driver?: string
  options?: Record<string, string>
  /** Task id to lease. */
  leases: Record<string, Lease>
  /** Addresses of name servers on this bridge: key of the name server to address. */
  servers: Record<string, string>
  /** The addresses given out last. */
  last?: string
  last6?: string
}

/** What is known of a task's place in a network before it has an address. */
export interface Place extends Omit<NetworkAttachment, 'network' | 'aliases'> {
  device: string
  order: number
  resolvers?: string[]
  /** Absent: those of the container as they are. */
  ports?: PublishedPort[]
}

/** The networks of this host and who has which address. What is here outlives the agent and the host's run. */
export interface Leases {
  networks(): Network[]
  find(key: string): Network | undefined
  /** The networks that a task has an address in. */
  of(taskId: string): { network: Network; lease: Lease }[]
  add(key: string, spec: NetworkSpec, subnets: Picked): Network
  /**
   * The task's place in the network: the one it has, or a new one. Synchronous: no two callers get the same address.
   * @throws SetpointError ADDRESS_IN_USE, or NETWORK_FAILED for an address outside the subnet
   */
  lease(network: Network, task: Task, place: Place): Lease
  serverAddress(network: Network, serverKey: string): string
  dropServer(network: Network, serverKey: string): void
  /** Gives all of a task's addresses back. */
  release(taskId: string): void
  save(network: Network): Promise<void>
  drop(network: Network): Promise<void>
}

/** The leases that are on disk, and those that come. */
export async function openLeases(folder: string, instance: string, log: Log): Promise<Leases> {
  const files = createNetworkFiles(folder, log)
  const all = new Map((await files.load()).map((network) => [network.key, network]))

  return {
    networks: () => [...all.values()],
    find: (key) => all.get(key),
    of: (taskId) =>
      [...all.values()].flatMap((network) => {
        const lease = network.leases[taskId]
        return lease ? [{ network, lease }] : []
      }),
    add(key, spec, subnets) {
      const taken = new Set([...all.values()].map((other) => other.bridge))
      const bridge = spec.driver === undefined ? bridgeName(instance, key, taken) : ''
      const network: Network = { key, bridge, ...settingsOf(spec), ...subnets, leases: {}, servers: {} }
      all.set(key, network)
      files.touch(network)
      return network
    },
    lease(network, task, place) {
      const { id, stack, service, slot } = task
      const known = network.leases[id]
      if (known) return known
      const { ipv4: _ipv4, ipv6: _ipv6, ports = task.container.ports, ...rest } = place
      const given = giveAddresses(network, task, place)
      const names = namesOf(task, network.name)
      const lease = { ...given, ...rest, stack, service, slot, ports, names }
      network.leases[id] = lease
      files.touch(network)
      return lease
    },
    serverAddress(network, serverKey) {
      const known = network.servers[serverKey]
      if (known !== undefined) return known
      const [family] = familiesOf(network)
      if (!family) throw new Error(`network ${network.name} has no addresses`)
      const address = nextAddress(network, family)
      network.servers[serverKey] = address
      files.touch(network)
      return address
    },
    dropServer(network, serverKey) {
      delete network.servers[serverKey]
      files.touch(network)
    },
    release(taskId) {
      for (const network of all.values()) {
        if (!network.leases[taskId]) continue
        delete network.leases[taskId]
        files.touch(network)
      }
    },
    save: files.save,
    drop(network) {
      all.delete(network.key)
      return files.drop(network)
    },
  }
}

/** True when no task is in the network. */
export function isUnused({ leases }: Pick<Network, 'leases'>): boolean {
  return Object.keys(leases).length === 0
}

/** All names of a task in a network but those that are made of them, such as `tasks.web`. */
function namesOf({ service, container }: Task, network: string): string[] {
  const aliases = container.networks.find((one) => one.network === network)?.aliases ?? []
  return [...new Set([service, ...aliases])]
}

/** What is kept of a spec beside its subnets, which may be picked. */
function settingsOf(spec: NetworkSpec) {
  const { name, internal, external: _external, ipv4: _ipv4, ipv6: _ipv6, ...optional } = spec
  return { name, internal, ...optional }
}
