import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import type { NetworkSpec, PublishedPort } from '../../schemas/network.ts'
import type { Task } from '../../schemas/task.ts'
import { type Cidr, formatCidr, freeAddress, parseCidr } from './cidr.ts'
import { coalesce, writeDurably } from './durable.ts'
import { bridgeName } from './naming.ts'

/** An address that a task has, and what is needed to say who it is. */
export interface Lease {
  address: string
  /** The interface in the task's namespace: `eth0`, … in the order of the stack file. */
  device: string
  stack: string
  service: string
  /** Absent in a file of an earlier agent. */
  slot?: number
  /** With the ports of the host that were picked where the stack file leaves it to the agent. */
  ports: PublishedPort[]
  /** What the task is called in the network, served or not. */
  names?: string[]
  /** The address that all tasks of the service share here, when it has one (`endpoint_mode: vip`). */
  vip?: string
}

/** A network as kept in `<state>/networks/<key>.json`. */
export interface Network {
  key: string
  name: string
  internal: boolean
  bridge: string
  /** CIDR. */
  subnet: string
  /** Task id to lease. */
  leases: Record<string, Lease>
  /** Addresses of name servers on this bridge: key of the name server to address. */
  servers: Record<string, string>
  /** The address given out last. */
  last?: string
}

/** What is known of a task's place in a network before it has an address. */
export interface Place {
  device: string
  /** Absent: those of the container as they are. */
  ports?: PublishedPort[]
}

/** The networks of this host and who has which address. What is here outlives the agent and the host's run. */
export interface Leases {
  networks(): Network[]
  find(key: string): Network | undefined
  /** The networks that a task has an address in. */
  of(taskId: string): { network: Network; lease: Lease }[]
  add(key: string, spec: NetworkSpec, subnet: Cidr): Network
  /** The task's address in the network: the one it has, or the next free one. Synchronous: no two callers get the same. */
  lease(network: Network, task: Task, place: Place): string
  serverAddress(network: Network, serverKey: string): string
  dropServer(network: Network, serverKey: string): void
  /** Gives all of a task's addresses back and returns the networks that had one. */
  release(taskId: string): Network[]
  save(network: Network): Promise<void>
  drop(network: Network): Promise<void>
}

/** Reads what is on disk; a file that cannot be read is said and set aside, not overwritten. */
export async function openLeases(folder: string, instance: string, log: Log): Promise<Leases> {
  const all = new Map<string, Network>()
  /** What differs from its file. */
  const changed = new Set<Network>()
  const savers = new Map<string, () => Promise<void>>()
  await mkdir(folder, { recursive: true })
  for (const network of await readAll(folder, log)) all.set(network.key, network)

  const path = (key: string): string => join(folder, `${key}.json`)
  const holding = (taskId: string): Network[] => [...all.values()].filter((network) => network.leases[taskId])

  return {
    networks: () => [...all.values()],
    find: (key) => all.get(key),
    of: (taskId) =>
      [...all.values()].flatMap((network) => {
        const lease = network.leases[taskId]
        return lease ? [{ network, lease }] : []
      }),
    add(key, { name, internal }, subnet) {
      const taken = new Set([...all.values()].map((other) => other.bridge))
      const bridge = bridgeName(instance, key, taken)
      const network = { key, name, internal, bridge, subnet: formatCidr(subnet), leases: {}, servers: {} }
      all.set(key, network)
      changed.add(network)
      return network
    },
    lease(network, task, { device, ports = task.container.ports }) {
      const { id, stack, service, slot } = task
      const known = network.leases[id]
      if (known) return known.address
      const address = nextAddress(network)
      const vip = vipFor(network, task)
      const names = namesOf(task, network.name)
      network.leases[id] = { address, device, stack, service, slot, ports, names, ...(vip && { vip }) }
      changed.add(network)
      return address
    },
    serverAddress(network, serverKey) {
      const known = network.servers[serverKey]
      if (known !== undefined) return known
      const address = nextAddress(network)
      network.servers[serverKey] = address
      changed.add(network)
      return address
    },
    dropServer(network, serverKey) {
      delete network.servers[serverKey]
      changed.add(network)
    },
    release(taskId) {
      const networks = holding(taskId)
      for (const network of networks) {
        delete network.leases[taskId]
        changed.add(network)
      }
      return networks
    },
    save(network) {
      const saver =
        savers.get(network.key) ??
        coalesce(async () => {
          if (all.get(network.key) !== network || !changed.delete(network)) return
          await writeDurably(path(network.key), JSON.stringify(network)).catch((error) => {
            changed.add(network)
            throw error
          })
        })
      savers.set(network.key, saver)
      return saver()
    },
    async drop(network) {
      all.delete(network.key)
      const saver = savers.get(network.key)
      savers.delete(network.key)
      await saver?.()
      await rm(path(network.key), { force: true })
    },
  }
}

/** The network's subnet; what was read from disk was checked then. */
export function subnetOf(network: Network): Cidr {
  const subnet = parseCidr(network.subnet)
  if (!subnet) throw new Error(`network ${network.name} has the subnet ${network.subnet}, which is none`)
  return subnet
}

/** All names of a task in a network but those that are made of them, such as `tasks.web`. */
function namesOf({ service, container }: Task, network: string): string[] {
  const aliases = container.networks.find((one) => one.network === network)?.aliases ?? []
  return [...new Set([service, ...aliases])]
}

/** The shared address of the task's service: it goes with the last lease that has it, so an update keeps it. */
function vipFor(network: Network, { stack, service, container }: Task): string | undefined {
  if (container.endpointMode !== 'vip') return undefined
  const others = Object.values(network.leases).filter((one) => one.stack === stack && one.service === service)
  return others.find(({ vip }) => vip !== undefined)?.vip ?? nextAddress(network)
}

function nextAddress(network: Network): string {
  const used = new Set([
    ...Object.values(network.leases).flatMap(({ address, vip }) => [address, ...(vip ? [vip] : [])]),
    ...Object.values(network.servers),
  ])
  const address = freeAddress(subnetOf(network), used, network.last)
  if (address === undefined) {
    throw new SetpointError(
      'NETWORK_FAILED',
      `Network ${network.name} has no free address in ${network.subnet}.`,
      {
        hint: 'Give the network a larger `subnet` in the stack file.',
      },
    )
  }
  network.last = address
  return address
}

async function readAll(folder: string, log: Log): Promise<Network[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  const read = await Promise.all(names.map((name) => readOne(join(folder, name), log)))
  return read.filter((network) => network !== undefined)
}

async function readOne(path: string, log: Log): Promise<Network | undefined> {
  try {
    const network = JSON.parse(await readFile(path, 'utf8')) as Network
    subnetOf(network)
    return network
  } catch (error) {
    log.error({ path, error: String(error) }, 'a network file cannot be read and is set aside')
    await rename(path, `${path}.unreadable`)
    return undefined
  }
}
