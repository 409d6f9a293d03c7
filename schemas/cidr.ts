import { type Address, formatAddress, parseAddress } from './address.ts'

/** A subnet of IPv4 or IPv6 as numbers. */
export interface Cidr {
  bits: Address['bits']
  base: bigint
  prefix: number
}

/** A subnet from `10.0.0.0/24` or `fd00::/64` (host bits are cleared); undefined when it is none. */
export function parseCidr(text: string): Cidr | undefined {
  const [, host = '', digits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const address = parseAddress(host)
  const prefix = Number(digits)
  if (!address || prefix > address.bits) return undefined
  return { bits: address.bits, base: address.value & maskOf(address.bits, prefix), prefix }
}

/** `10.210.0.0/24` */
export function formatCidr({ bits, base, prefix }: Cidr): string {
  return `${formatAddress({ bits, value: base })}/${prefix}`
}

/** False, too, for what is no address, or one of the other family. */
export function contains(subnet: Cidr, address: string): boolean {
  const parsed = parseAddress(address)
  return parsed?.bits === subnet.bits && (parsed.value & maskOf(subnet.bits, subnet.prefix)) === subnet.base
}

/** True when they have an address in common. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  if (a.bits !== b.bits) return false
  const mask = maskOf(a.bits, Math.min(a.prefix, b.prefix))
  return ((a.base ^ b.base) & mask) === 0n
}

/** True for an address that a machine can have: neither that of the subnet itself nor, of IPv4, its broadcast. */
export function isOfHost(subnet: Cidr, address: string): boolean {
  const value = parseAddress(address)?.value
  const isBroadcast = subnet.bits === 32 && value === endOf(subnet) - 1n
  return contains(subnet, address) && value !== subnet.base && !isBroadcast
}

/** The bridge's address where a network names none: the first of the subnet, as Docker has it. */
export function firstAddress({ bits, base }: Cidr): string {
  return formatAddress({ bits, value: base + 1n })
}

/** The number after the last address. */
export function endOf({ bits, base, prefix }: Cidr): bigint {
  return base + 2n ** BigInt(bits - prefix)
}

function maskOf(bits: number, prefix: number): bigint {
  const all = 2n ** BigInt(bits) - 1n
  return all ^ (2n ** BigInt(bits - prefix) - 1n)
}
