import { isIPv4, isIPv6 } from 'node:net'

/** The protocol by which an address is reached, in the words of nftables. */
export type Family = 'ip' | 'ip6'

/** What is taken on the host when a port is published. */
export interface HostPort {
  hostIp?: string | undefined
  published: number
  protocol: string
}

/** True when who has one port has the other: same number and protocol, and an address in common. */
export function samePort(a: HostPort, b: HostPort): boolean {
  const [one, other] = [oneAddress(a.hostIp), oneAddress(b.hostIp)]
  const inCommon = familiesOf(a).some((family) => familiesOf(b).includes(family))
  const sameAddress = one === undefined || other === undefined || one === other
  return a.published === b.published && a.protocol === b.protocol && inCommon && sameAddress
}

/** The one address of the host that is listened on; undefined for every address, of one family or of both. */
export function oneAddress(hostIp: string | undefined): string | undefined {
  return hostIp === '0.0.0.0' || hostIp === '::' || hostIp === '' ? undefined : hostIp
}

/** How the port is reached; empty for an address that nftables would refuse, and with it the whole table. */
export function familiesOf({ hostIp }: Pick<HostPort, 'hostIp'>): Family[] {
  if (hostIp === undefined || hostIp === '') return ['ip', 'ip6']
  if (isIPv4(hostIp)) return ['ip']
  return isIPv6(hostIp) && !hostIp.includes('%') ? ['ip6'] : []
}

/** `[hostIp:]published->target/protocol`, as in reports; an IPv6 address stands in brackets. */
export function describePort(port: HostPort & { publishedEnd?: number | undefined; target: number }): string {
  const { published, publishedEnd, target, protocol } = port
  const outside = publishedEnd === undefined ? String(published || 'any') : `${published}-${publishedEnd}`
  return `${describeHost(port)}${outside}->${target}/${protocol}`
}

/** The port of the host in what `describePort` says of a published one; undefined for any other text. */
export function parsePort(text: string): HostPort | undefined {
  const [, address, published, protocol] = /^(?:(.+):)?(\d+)->\d+\/(\w+)$/.exec(text) ?? []
  if (published === undefined || protocol === undefined) return undefined
  return { hostIp: address?.replace(/^\[(.*)\]$/, '$1'), published: Number(published), protocol }
}

/** `127.0.0.1:`, or nothing for every address. */
export function describeHost({ hostIp }: Pick<HostPort, 'hostIp'>): string {
  if (!hostIp) return ''
  return hostIp.includes(':') ? `[${hostIp}]:` : `${hostIp}:`
}

/** True for a port of which the stack file does not say the one number: the agent picks it. */
export function isOpen({
  published,
  publishedEnd,
}: {
  published: number
  publishedEnd?: number | undefined
}): boolean {
  return published === 0 || publishedEnd !== undefined
}
