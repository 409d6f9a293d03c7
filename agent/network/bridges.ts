import { SetpointError } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import type { NetworkSpec } from '../../schemas/network.ts'
import { succeed } from '../runtime/exec.ts'
import { type Cidr, formatCidr, freeSubnet, gatewayOf, overlaps, parseCidr } from './cidr.ts'
import type { Ip } from './ip.ts'
import { type Leases, type Network, subnetOf } from './leases.ts'
import { bridgeLines } from './lines.ts'
import { networkKey } from './naming.ts'
import { setSysctl } from './sysctl.ts'
import { within } from './within.ts'

/** The bridges of this host's networks. */
export interface Bridges {
  /** The network of the spec, entered in the leases with a subnet when it is new. */
  open(spec: NetworkSpec): Promise<Network>
  /** Makes the network's bridge, if this agent has not seen to it yet. */
  up(network: Network): Promise<void>
  /** Takes the network away, bridge and file. */
  down(network: Network): Promise<void>
  /** Makes the next `up` look again. */
  doubt(network: Network): void
}

interface BridgesOptions {
  prefix: string[]
  ip: Ip
  leases: Leases
  log: Log
  /** Called when a bridge has been made. */
  made: (network: Network) => Promise<void>
}

export function createBridges({ prefix, ip, leases, log, made }: BridgesOptions): Bridges {
  const opening = new Map<string, Promise<Network>>()
  const ready = new Map<string, Promise<void>>()
  const leaving = new Map<string, Promise<void>>()

  async function create(key: string, spec: NetworkSpec): Promise<Network> {
    const routes = await hostRoutes(prefix)
    const taken = [...routes, ...leases.networks().map(subnetOf)]
    const network = leases.add(key, spec, pickSubnet(spec, taken))
    log.info({ network: spec.name, subnet: network.subnet, bridge: network.bridge }, 'network added')
    return network
  }

  async function make(network: Network): Promise<void> {
    await leaving.get(network.key)
    await leases.save(network) // before there is anything that only this file tells of
    const said = await ip.run(bridgeLines(network.bridge, subnetOf(network)), /File exists|already assigned/)
    if (said.length > 0) throw failed(network, said)
    if (await setSysctl(prefix, 'net/ipv4/ip_forward', '1')) {
      log.warn({}, 'net.ipv4.ip_forward was off and is on now: tasks reach the world through this host')
    }
    await setSysctl(prefix, `net/ipv4/conf/${network.bridge}/route_localnet`, '1')
    await made(network)
  }

  return {
    async open(spec) {
      const key = networkKey(spec)
      const known = leases.find(key) ?? opening.get(key)
      if (known) return known
      const fresh = create(key, spec).finally(() => opening.delete(key))
      opening.set(key, fresh)
      return fresh
    },
    up(network) {
      const running = ready.get(network.key)
      if (running) return running
      const start = make(network)
      ready.set(network.key, start)
      start.catch(() => ready.delete(network.key))
      return start
    },
    async down(network) {
      const before = ready.get(network.key)
      ready.delete(network.key)
      const leave = (async () => {
        await before?.catch(() => {}) // whoever asked for it was told
        await leases.drop(network)
        ip.forget()
        await ip.run([`link del ${network.bridge}`], /Cannot find device/)
        log.info({ network: network.name }, 'network removed: nobody uses it any more')
      })()
      leaving.set(network.key, leave)
      await leave.finally(() => leaving.delete(network.key))
    },
    doubt(network) {
      ip.forget()
      ready.delete(network.key)
    },
  }
}

/** The subnet that the spec asks for, or a free one; `taken` are the host's routes and the other networks. */
export function pickSubnet(spec: NetworkSpec, taken: Cidr[]): Cidr {
  if (spec.subnet === undefined) return freeSubnet(taken) ?? noRoom(spec)
  const wanted = parseCidr(spec.subnet)
  if (!wanted || wanted.prefix < 8 || wanted.prefix > 29) {
    throw new SetpointError(
      'NETWORK_FAILED',
      `Network ${spec.name}: ${spec.subnet} is no subnet for tasks.`,
      {
        hint: 'Write an IPv4 subnet between /8 and /29, such as 10.20.0.0/24.',
      },
    )
  }
  const other = taken.find((range) => overlaps(range, wanted))
  if (!other) return wanted
  throw new SetpointError(
    'NETWORK_FAILED',
    `Network ${spec.name}: the subnet ${spec.subnet} overlaps ${formatCidr(other)}, which the host already routes.`,
    { hint: 'Choose another `subnet`, or leave it out to have a free one picked.' },
  )
}

/** The ranges in `ip -j route`; the default route is no range. */
export function parseRoutes(json: string): Cidr[] {
  const routes = JSON.parse(json || '[]') as { dst: string }[]
  return routes.flatMap(({ dst }) => {
    const range = parseCidr(dst.includes('/') ? dst : `${dst}/32`)
    return range && range.prefix > 0 ? [range] : []
  })
}

async function hostRoutes(prefix: string[]): Promise<Cidr[]> {
  return parseRoutes(await succeed(within(prefix, ['ip', '-4', '-j', 'route']), { timeout: 10_000 }))
}

function noRoom(spec: NetworkSpec): never {
  throw new SetpointError('NETWORK_FAILED', `Network ${spec.name}: no free /24 is left in 10.210.0.0/16.`, {
    hint: 'Give the network a `subnet` of its own in the stack file.',
  })
}

function failed(network: Network, said: string[]): SetpointError {
  const gateway = gatewayOf(subnetOf(network))
  return new SetpointError(
    'NETWORK_FAILED',
    `The bridge ${network.bridge} (${gateway}) of network ${network.name} could not be made: ${said.join('; ')}`,
  )
}
