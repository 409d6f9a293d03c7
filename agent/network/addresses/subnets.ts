import { SetpointError } from '../../../schemas/error.ts'
import type { NetworkSpec } from '../../../schemas/network.ts'
import { succeed } from '../../runtime/exec.ts'
import { within } from '../within.ts'
import { type Cidr, formatCidr, freeSubnet, freeSubnet6, overlaps, parseCidr } from './cidr.ts'

/** A range that cannot be had: of a network of this host, or what the host routes. */
export type Taken = Cidr & { network?: string }

/** The subnets of a network, as CIDR. */
export interface Picked {
  subnet?: string
  subnet6?: string
}

/**
 * The subnets that the spec asks for, or free ones.
 * @param taken the other networks, and the host's routes, which theirs are among
 * @param seed tells this host's own IPv6 range from those of others
 * @throws SetpointError NETWORK_FAILED for one that is taken or too small, or when none is left
 */
export function pickSubnets(spec: NetworkSpec, taken: Taken[], seed: string): Picked {
  return {
    ...(spec.ipv4 !== false && { subnet: formatCidr(pickSubnet(spec, taken)) }),
    ...(spec.ipv6 && { subnet6: formatCidr(pickSubnet6(spec, taken, seed)) }),
  }
}

export function pickSubnet(spec: NetworkSpec, taken: Taken[]): Cidr {
  if (spec.subnet === undefined) return freeSubnet(taken) ?? noRoom(spec, '/24 is left in 10.210.0.0/16')
  const wanted = parseCidr(spec.subnet)
  if (wanted?.bits === 32 && wanted.prefix >= 8 && wanted.prefix <= 29) return free(spec, wanted, taken)
  throw noSubnet(spec, spec.subnet, 'Write an IPv4 subnet between /8 and /29, such as 10.20.0.0/24.')
}

function pickSubnet6(spec: NetworkSpec, taken: Taken[], seed: string): Cidr {
  if (spec.subnet6 === undefined) return freeSubnet6(seed, taken) ?? noRoom(spec, 'IPv6 /64 is left')
  const wanted = parseCidr(spec.subnet6)
  if (wanted?.bits === 128 && wanted.prefix >= 16 && wanted.prefix <= 125) return free(spec, wanted, taken)
  throw noSubnet(
    spec,
    spec.subnet6,
    'Write an IPv6 subnet between /16 and /125, such as fd12:3456:789a::/64.',
  )
}

/** A driver may well lead to what the host routes, such as the network that the host itself is in. */
function free(spec: NetworkSpec, wanted: Cidr, taken: Taken[]): Cidr {
  const other = spec.driver === undefined && taken.find((range) => overlaps(range, wanted))
  if (!other) return wanted
  throw new SetpointError(
    'NETWORK_FAILED',
    `Network ${spec.name}: the subnet ${formatCidr(wanted)} overlaps ${formatCidr(other)}, which ${holder(other)}.`,
    { hint: 'Choose another `subnet`, or leave it out to have a free one picked.' },
  )
}

function holder({ network }: Taken): string {
  return network === undefined ? 'the host already routes' : `network ${network} has`
}

/** The ranges in `ip -j route`; the default route is no range. */
export function parseRoutes(json: string): Cidr[] {
  const routes = JSON.parse(json || '[]') as { dst: string }[]
  return routes.flatMap(({ dst }) => {
    const range = parseCidr(dst.includes('/') ? dst : `${dst}/${dst.includes(':') ? 128 : 32}`)
    return range && range.prefix > 0 && !isOfEveryLink(range) ? [range] : []
  })
}

/** What the host routes of both families; of IPv6 only when it is asked for. */
export async function hostRoutes(prefix: string[], { ipv6 }: { ipv6: boolean }): Promise<Cidr[]> {
  const families = ipv6 ? ['-4', '-6'] : ['-4']
  const found = await Promise.all(
    families.map((family) =>
      succeed(within(prefix, ['ip', family, '-j', 'route']), { timeout: 10_000 }).then(parseRoutes),
    ),
  )
  return found.flat()
}

/** fe80::/10 and multicast are on every link. */
function isOfEveryLink({ bits, base }: Cidr): boolean {
  return bits === 128 && (base >> 118n === 0x3fan || base >> 120n === 0xffn)
}

function noSubnet({ name }: NetworkSpec, subnet: string, hint: string): SetpointError {
  return new SetpointError('NETWORK_FAILED', `Network ${name}: ${subnet} is no subnet for tasks.`, { hint })
}

function noRoom({ name }: NetworkSpec, what: string): never {
  throw new SetpointError('NETWORK_FAILED', `Network ${name}: no free ${what}.`, {
    hint: 'Give the network a `subnet` of its own in the stack file.',
  })
}
