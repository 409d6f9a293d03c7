import { digest } from '../../schemas/canonical.ts'
import { type Address, formatAddress, parseAddress } from './addresses.ts'

/** A subnet of IPv4 or IPv6 as numbers. */
export interface Cidr {
  bits: Address['bits']
  base: bigint
  prefix: number
}

/** The range that subnets are picked from when a stack names none. */
const POOL: Cidr = { bits: 32, base: 10n * 2n ** 24n + 210n * 2n ** 16n, prefix: 16 }
const PICKED_PREFIX = 24
/** RFC 4193: eight bits `fd`, forty of the site, sixteen of the subnet. */
const ULA_PREFIX = 48
const PICKED_PREFIX6 = 64

/** A subnet from `10.0.0.0/24` or `fd00::/64` (host bits are cleared); undefined when it is none. */
export function parseCidr(text: string): Cidr | undefined {
  const [, host = '', digits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const address = parseAddress(host)
  const prefix = Number(digits)
  if (!address || prefix > address.bits) return undefined
  return { bits: address.bits, base: address.value & maskOf(address.bits, prefix), prefix }
}

export function formatCidr({ bits, base, prefix }: Cidr): string {
  return `${formatAddress({ bits, value: base })}/${prefix}`
}

export function contains(subnet: Cidr, address: string): boolean {
  const parsed = parseAddress(address)
  return parsed?.bits === subnet.bits && (parsed.value & maskOf(subnet.bits, subnet.prefix)) === subnet.base
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  if (a.bits !== b.bits) return false
  const mask = maskOf(a.bits, Math.min(a.prefix, b.prefix))
  return ((a.base ^ b.base) & mask) === 0n
}

/** The bridge's address where a network names none: the first of the subnet, as Docker has it. */
export function firstAddress({ bits, base }: Cidr): string {
  return formatAddress({ bits, value: base + 1n })
}

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

/** The number after the last address. */
function endOf({ bits, base, prefix }: Cidr): bigint {
  return base + 2n ** BigInt(bits - prefix)
}

function maskOf(bits: number, prefix: number): bigint {
  const all = 2n ** BigInt(bits) - 1n
  return all ^ (2n ** BigInt(bits - prefix) - 1n)
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
