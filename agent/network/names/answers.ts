import { type Subnets, subnetsOf } from '../addresses/families.ts'
import type { Lease, Network } from '../addresses/leases.ts'
import { vipPairsOf } from '../firewall/forwards.ts'
import type { Endpoint } from '../networks.ts'

/** What a name server says of its networks, as the files that it reads. */
export interface Answers {
  /** Lines of a hosts file, sorted; absent: what it answers now. */
  hosts?: string
  /** Lines of `--servers-file`: what is asked of nobody else, known or not. */
  zones: string
}

/** The networks that a name server answers for. */
export interface Asked {
  networks: Network[]
  /** Whether other names go to the host's resolvers. */
  upstream: boolean
}

/**
 * The names of all tasks that serve. A task is `SERVICE.SLOT`, which is also what its address is called; `tasks.SERVICE`
 * leads to each task of a service, and so do the service's name and aliases, or to its
 * virtual IP (Swarm, `endpoint_mode`). The time to live is zero: who asks again is told what is so now.
 */
export function hostsOf(networks: Network[], endpoints: Endpoint[]): string {
  const served = new Map(endpoints.map((endpoint) => [endpoint.task.id, endpoint]))
  const lines = networks.flatMap((network) =>
    Object.entries(network.leases).flatMap(([taskId, lease]) => {
      const endpoint = served.get(taskId)
      return endpoint ? linesOf(lease, endpoint) : []
    }),
  )
  return `${[...new Set(lines)].sort().join('\n')}\n`
}

function linesOf(lease: Lease, { task }: Endpoint): string[] {
  const own = [`${task.service}.${task.slot}`, `tasks.${task.service}`]
  const vips = vipPairsOf(lease).map(([vip]) => vip)
  const each = vips.length > 0 ? own : [...own, ...namesOf(lease)]
  return [
    ...[lease.address, lease.address6].flatMap((address) =>
      address ? [`${address}\t${each.join(' ')}`] : [],
    ),
    ...vips.map((vip) => `${vip}\t${namesOf(lease).join(' ')}`),
  ]
}

/**
 * What has an answer here or none, whether it serves or not: a question for a service that is down must not come to
 * resolvers who know another host of that name. Names without a dot never leave the name server anyway.
 */
export function zonesOf({ networks, upstream }: Asked): string {
  const leases = networks.flatMap((network) => Object.values(network.leases))
  const names = leases.flatMap((lease) => {
    const slot = lease.slot === undefined ? [] : [`${lease.service}.${lease.slot}`]
    return [`tasks.${lease.service}`, ...slot]
  })
  const aliases = leases.flatMap(namesOf).filter((name) => name.includes('.'))
  const lines = [
    ...[...names, ...aliases, ...networks.flatMap(reverseZones)].map((name) => `server=/${name}/`),
    // An alias such as example.com is one name: what lies below it is still the world's.
    ...(upstream ? aliases.map((name) => `server=/*.${name}/#`) : []),
  ]
  return `${[...new Set(lines)].sort().join('\n')}\n`
}

function namesOf({ service, names = [service] }: Lease): string[] {
  return names
}

/** The zones of `in-addr.arpa` and `ip6.arpa` that make up the subnets of a network (RFC 1035 §3.5, RFC 3596 §2.5). */
export function reverseZones(network: Subnets): string[] {
  return subnetsOf(network).flatMap(({ bits, base, prefix }) => {
    const width = bits === 32 ? 8 : 4
    const whole = Math.ceil(prefix / width)
    const first = base >> BigInt(bits - whole * width)
    const zone = (index: number): string => {
      const labels = partsOf(first + BigInt(index), whole, width)
      return [...labels.reverse(), bits === 32 ? 'in-addr' : 'ip6', 'arpa'].join('.')
    }
    return Array.from({ length: 2 ** (whole * width - prefix) }, (_, index) => zone(index))
  })
}

function partsOf(value: bigint, count: number, width: number): string[] {
  const mask = (1n << BigInt(width)) - 1n
  return Array.from({ length: count }, (_, index) =>
    ((value >> BigInt(width * (count - 1 - index))) & mask).toString(width === 8 ? 10 : 16),
  )
}
