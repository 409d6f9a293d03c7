import { createOneByOne } from '../../../schemas/common/one-by-one.ts'
import { SetpointError } from '../../../schemas/error.ts'
import type { Log } from '../../../schemas/log.ts'
import { type NetworkSpec, networkKey } from '../../../schemas/network.ts'
import { familiesOf, ipv6Of, subnetsOf } from '../addresses/families.ts'
import { isUnused, type Leases, type Network } from '../addresses/leases.ts'
import { hostRoutes, pickSubnets, type Taken } from '../addresses/subnets.ts'
import { openForwarding } from '../firewall/forwarding.ts'
import { setSysctl } from '../sysctl.ts'
import type { Ip } from './ip.ts'
import { bridgeLines } from './lines.ts'

/** The bridges of this host's networks. */
export interface Bridges {
  /** The network of the spec, entered in the leases with a subnet when it is new. */
  open(spec: NetworkSpec): Promise<Network>
  /** Makes the network's bridge, if this agent has not seen to it yet. */
  up(network: Network): Promise<void>
  /** Takes the network away, bridge and file, unless a task has joined it by the time that it is its turn. */
  down(network: Network): Promise<void>
  /** Makes the next `up` look again. */
  doubt(network: Network): void
}

interface BridgesOptions {
  prefix: string[]
  /** What this host's own IPv6 range is made from. */
  seed: string
  ip: Ip
  leases: Leases
  log: Log
  /** Called when a bridge has been made. */
  made: (network: Network) => Promise<void>
}

/** The bridges of this host, in the namespace that `prefix` leads into. */
export function createBridges({ prefix, seed, ip, leases, log, made }: BridgesOptions): Bridges {
  const opening = new Map<string, Promise<Network>>()
  const ready = new WeakMap<Network, Promise<void>>()
  const inTurn = createOneByOne()

  const isThere = (network: Network): boolean => leases.find(network.key) === network

  /** One that is external is whatever this host has of that name. */
  function named(name: string): Network | undefined {
    return leases.networks().findLast((network) => network.name === name)
  }

  async function create(key: string, spec: NetworkSpec): Promise<Network> {
    const routes = await hostRoutes(prefix, { ipv6: spec.ipv6 ?? false })
    const networks = leases.networks().flatMap(rangesOf)
    const taken = [...networks, ...routes] // the name of a network tells more than a route to it
    const network = leases.add(key, spec, pickSubnets(spec, taken, seed))
    const { subnet, subnet6, bridge } = network
    log.info({ network: spec.name, subnet, subnet6, bridge }, 'Network added')
    return network
  }

  async function make(network: Network): Promise<void> {
    if (!isThere(network)) return // who asked for it has left meanwhile
    await leases.save(network) // before there is anything that only this file tells of
    if (network.driver !== undefined) return
    const said = await ip.run(bridgeLines(network), /File exists|already assigned/)
    if (said.length > 0) throw failed(network, said)
    await openForwarding({ prefix, log, ipv6: ipv6Of(network) !== undefined })
    await setSysctl(prefix, `net/ipv4/conf/${network.bridge}/route_localnet`, '1')
    await made(network)
  }

  async function remove(network: Network): Promise<void> {
    if (!isThere(network) || !isUnused(network)) return
    await leases.drop(network)
    if (network.driver === undefined) {
      ip.forget()
      await ip.run([`link del ${network.bridge}`], /Cannot find device/)
    }
    log.info({ network: network.name }, 'Network removed: nobody uses it any more')
  }

  return {
    async open(spec) {
      const key = networkKey(spec)
      const known = (spec.external ? named(spec.name) : leases.find(key)) ?? opening.get(key)
      if (known) return known
      const fresh = create(key, spec).finally(() => opening.delete(key))
      opening.set(key, fresh)
      return fresh
    },
    up(network) {
      const running = ready.get(network)
      if (running) return running
      const start = inTurn(network.key, () => make(network))
      ready.set(network, start)
      start.catch(() => ready.delete(network))
      return start
    },
    down(network) {
      ready.delete(network)
      return inTurn(network.key, () => remove(network))
    },
    doubt(network) {
      ip.forget()
      ready.delete(network)
    },
  }
}

function rangesOf(network: Network): Taken[] {
  return subnetsOf(network).map((subnet) => ({ ...subnet, network: network.name }))
}

function failed(network: Network, said: string[]): SetpointError {
  const gateways = familiesOf(network).map(({ gateway }) => gateway)
  return new SetpointError(
    'NETWORK_FAILED',
    `The bridge ${network.bridge} (${gateways.join(', ')}) of network ${network.name} could not be made: ${said.join('; ')}`,
  )
}
