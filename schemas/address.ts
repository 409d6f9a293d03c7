import { isIPv4, isIPv6 } from 'node:net'

/** An address as a number of 32 bits (IPv4) or 128 (IPv6). */
export interface Address {
  bits: 32 | 128
  value: bigint
}

/** Undefined for what is no address; of IPv6 without brackets and zone. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { bits: 32, value: joined(text.split('.').map(Number), 8n) }
  if (!isIPv6(text) || text.includes('%')) return undefined
  return { bits: 128, value: joined(groupsOf(text), 16n) }
}

/** The one form that the kernel prints, too: IPv6 in lower case, its longest run of zeros left out (RFC 5952). */
export function formatAddress({ bits, value }: Address): string {
  if (bits === 32) return parts(value, 4, 8n).join('.')
  const groups = parts(value, 8, 16n).map((group) => group.toString(16))
  return plainIpv6(groups.join(':'))
}

/** True for IPv6, given something that is known to be an address. */
export function isIpv6(address: string): boolean {
  return address.includes(':')
}

/** The kernel's form of the same address; what is none is given back as it is. */
export function plainAddress(text: string): string {
  const address = parseAddress(text)
  return address ? formatAddress(address) : text
}

function groupsOf(text: string): number[] {
  const [head = '', tail] = plainIpv6(text).split('::')
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean))
  const zeros = tail === undefined ? 0 : 8 - (before?.length ?? 0) - (after?.length ?? 0)
  const groups = [...(before ?? []), ...Array.from({ length: zeros }, () => '0'), ...(after ?? [])]
  return groups.map((group) => Number.parseInt(group, 16))
}

function plainIpv6(text: string): string {
  return new URL(`http://[${text}]`).hostname.slice(1, -1)
}

function joined(numbers: number[], width: bigint): bigint {
  return numbers.reduce((total, number) => (total << width) | BigInt(number), 0n)
}

function parts(value: bigint, count: number, width: bigint): number[] {
  const mask = (1n << width) - 1n
  return Array.from({ length: count }, (_, index) =>
    Number((value >> (width * BigInt(count - 1 - index))) & mask),
  )
}
