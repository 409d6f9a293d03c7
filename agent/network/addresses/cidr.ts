import { formatAddress, parseAddress } from '../../../schemas/address.ts'
import { digest } from '../../../schemas/canonical.ts'
import { type Cidr, endOf, overlaps } from '../../../schemas/cidr.ts'

export { type Cidr, contains, firstAddress, formatCidr, overlaps, parseCidr } from '../../../schemas/cidr.ts'

/** The range that subnets are picked from when a stack names none. */
const POOL: Cidr = { bits: 32, base: 10n * 2n ** 24n + 210n * 2n ** 16n, prefix: 16 }
const PICKED_PREFIX = 24
/** RFC 4193: eight bits `fd`, forty of the site, sixteen of the subnet. */
const ULA_PREFIX = 48
const PICKED_PREFIX6 = 64

/** The first /24 of the pool that meets none of `taken`; undefined when all do. */
export function freeSubnet(taken: Cidr[]): Cidr | undefined {
  return freePart(POOL, PICKED_PREFIX, taken)
}

/** The first /64 of a site's own range (RFC 4193) that meets none of `taken`; the site is told by `seed`. */
export function freeSubnet6(seed: string, taken: Cidr[]): Cidr | undefined {
  const base = BigInt(`0xfd${digest(seed, 10)}`) << BigInt(128 - ULA_PREFIX)
  return freePart({ bits: 128, base, prefix: ULA_PREFIX }, PICKED_PREFIX6, taken)
}

/**
 * The next address of `range` after `last` that nobody has, going round: an address given back is used again as late
 * as can be, so that caches of the old owner have run out. Undefined when the range is full.
 * @param subnet of its addresses the first, which names the subnet itself, and the broadcast are nobody's
 */
export function freeAddress(
  subnet: Cidr,
  used: Set<string>,
  from: { last?: string | undefined; range?: Cidr | undefined } = {},
): string | undefined {
  const { bits } = subnet
  const range = from.range ?? subnet
  const [first, end] = [max(range.base, subnet.base + 1n), min(endOf(range), endOf(subnet) - 1n)]
  const count = end - first
  const last = from.last === undefined ? undefined : parseAddress(from.last)
  const start = last && last.value >= first && last.value < end ? last.value - first + 1n : 0n
  // as many as are in use stand in the way at most
  const tries = min(count, BigInt(used.size) + 1n)
  for (let offset = 0n; offset < tries; offset++) {
    const address = formatAddress({ bits, value: first + ((start + offset) % count) })
    if (!used.has(address)) return address
  }
  return undefined
}

function freePart(pool: Cidr, prefix: number, taken: Cidr[]): Cidr | undefined {
  const step = 2n ** BigInt(pool.bits - prefix)
  for (let base = pool.base; base < endOf(pool); base += step) {
    const candidate = { bits: pool.bits, base, prefix }
    if (!taken.some((other) => overlaps(other, candidate))) return candidate
  }
  return undefined
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
