/** An IPv4 subnet as numbers. */
export interface Cidr {
  base: number
  prefix: number
}

/** The range that subnets are picked from when a stack names none. */
const POOL: Cidr = { base: numberOf('10.210.0.0'), prefix: 16 }
const PICKED_PREFIX = 24

/** A subnet from `10.0.0.0/24` (host bits are cleared); undefined when it is none. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(text)
  if (!match?.[1] || !isAddress(match[1])) return undefined
  const prefix = Number(match[2])
  if (prefix > 32) return undefined
  return { base: (numberOf(match[1]) & maskOf(prefix)) >>> 0, prefix }
}

export function formatCidr({ base, prefix }: Cidr): string {
  return `${formatAddress(base)}/${prefix}`
}

export function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
}

/** True for four decimal octets. */
export function isAddress(text: string): boolean {
  const octets = text.split('.')
  return octets.length === 4 && octets.every((octet) => /^\d{1,3}$/.test(octet) && Number(octet) <= 255)
}

/** The address as an unsigned 32 bit number. */
export function numberOf(address: string): number {
  return address.split('.').reduce((total, octet) => ((total << 8) | Number(octet)) >>> 0, 0)
}

export function contains(subnet: Cidr, address: string): boolean {
  return (numberOf(address) & maskOf(subnet.prefix)) >>> 0 === subnet.base
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  const mask = maskOf(Math.min(a.prefix, b.prefix))
  return ((a.base ^ b.base) & mask) === 0
}

/** The bridge's address: the first of the subnet, as Docker has it. */
export function gatewayOf(subnet: Cidr): string {
  return formatAddress(subnet.base + 1)
}

/** The first /24 of the pool that meets none of `taken`; undefined when all do. */
export function freeSubnet(taken: Cidr[]): Cidr | undefined {
  const step = 2 ** (32 - PICKED_PREFIX)
  const count = 2 ** (PICKED_PREFIX - POOL.prefix)
  for (let index = 0; index < count; index++) {
    const candidate = { base: POOL.base + index * step, prefix: PICKED_PREFIX }
    if (!taken.some((other) => overlaps(other, candidate))) return candidate
  }
  return undefined
}

/**
 * The next address after `last` that nobody has, going round: an address given back is used again as late as can be,
 * so that caches of the old owner have run out. Undefined when the subnet is full.
 */
export function freeAddress(subnet: Cidr, used: Set<string>, last?: string): string | undefined {
  const first = subnet.base + 2
  const count = 2 ** (32 - subnet.prefix) - 3
  const start = last !== undefined && contains(subnet, last) ? numberOf(last) - first + 1 : 0
  for (let offset = 0; offset < count; offset++) {
    const address = formatAddress(first + ((start + offset) % count))
    if (!used.has(address)) return address
  }
  return undefined
}

function maskOf(prefix: number): number {
  return prefix === 0 ? 0 : (-1 << (32 - prefix)) >>> 0
}
