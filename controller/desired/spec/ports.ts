import type { PublishedPort } from '../../../schemas/stack.ts'
import { type Cursor, expected, fail, fields, itemsOf, notice } from '../cursor.ts'
import { quote, scalarText } from '../yaml/node.ts'
import { filled, integer, isIpv4, oneOf, text } from './values.ts'

/** Equally long ranges of ports: `count` of them from `port` on. Spread out only once their number is known to be sane. */
export interface PortsAt {
  port: PublishedPort
  count: number
  at: Cursor
}

/** The most ports that one stack publishes: each is a rule of the firewall on every host. */
export const MAX_PORTS = 1000

/** One entry a port. */
export function spread({ port, count }: PortsAt): PublishedPort[] {
  return Array.from({ length: count }, (_, index) => ({
    ...port,
    target: port.target + index,
    published: port.published + index,
  }))
}

/** Compose Specification §ports, short and long syntax. */
export function ports(cursor: Cursor): PortsAt[] | undefined {
  return itemsOf(cursor)?.flatMap((at) => {
    const range = read(at)
    return range ? [{ ...range, at }] : []
  })
}

type PortRange = Omit<PortsAt, 'at'>

function read(at: Cursor): PortRange | undefined {
  if (at.node.kind === 'map') return long(at)
  if (at.node.kind === 'list' || at.node.value === null) return expected(at, 'a port, as in "8080:80"')
  return short(at, scalarText(at.node))
}

const SHORT = /^(?:(?:(\[[^\]]*\]|[^:]*):)?([^:]*):)?([^:/]+)(?:\/([a-zA-Z]+))?$/

/** `[[hostIp:]published:]target[/protocol]` */
function short(at: Cursor, written: string): PortRange | undefined {
  const value = written.length > 100 ? '' : written
  const match =
    SHORT.exec(value) ?? SHORT.exec(value.replace(/^([\da-fA-F:]+:[\da-fA-F:]*):([^:]*:[^:]+)$/, '[$1]:$2'))
  if (!match) return expected(at, 'a port, as in "8080:80", "127.0.0.1:8080:80/udp" or "8000-8003:8000-8003"')
  const [, ip = '', published = '', target = '', protocol = 'tcp'] = match
  return assemble(at, {
    ip: ip.replace(/^\[(.*:.*)\]$/, '$1'),
    published,
    target,
    protocol: protocol.toLowerCase(),
  })
}

function long(at: Cursor): PortRange | undefined {
  const read = fields(at, 'port', {
    target: integer(1, 65535),
    published: text,
    protocol: oneOf('tcp', 'udp'),
    host_ip: filled,
  })
  if (at.node.kind === 'map' && !at.node.entries.has('target'))
    return fail(at, 'needs a target, the port in the container')
  if (read.target === undefined) return undefined
  const { published = '', protocol = 'tcp', host_ip: ip = '' } = read
  return assemble(at, { ip, published, target: String(read.target), protocol })
}

interface Parts {
  ip: string
  published: string
  target: string
  protocol: string
}

function assemble(at: Cursor, { ip, published, target, protocol }: Parts): PortRange | undefined {
  if (protocol !== 'tcp' && protocol !== 'udp') {
    return fail(at, `not honoured yet: the protocol ${protocol}; publish tcp or udp`)
  }
  if (!isHostIp(at, ip)) return undefined
  const targets = range(at, target, 'container')
  if (!targets) return undefined
  if (published === '' || published === '0') return unpublished(at, target)
  const outside = range(at, published, 'host')
  if (!outside) return undefined
  if (outside.count !== targets.count) return unequal(at, { target, published, single: targets.count === 1 })
  const hostIp = ip === '' || ip === '0.0.0.0' || ip === '::' ? {} : { hostIp: ip }
  return {
    port: { target: targets.first, published: outside.first, protocol, ...hostIp },
    count: targets.count,
  }
}

/** An IPv4 address in its one form, since the firewall compares texts and reads `08` as no number. */
function isHostIp(at: Cursor, ip: string): boolean {
  if (ip === '::') notice(at, 'published on every IPv4 address; IPv6 is not published')
  else if (ip.includes(':')) {
    fail(at, `not honoured yet: the IPv6 address ${ip}; name an IPv4 address, or none for all of them`)
    return false
  } else if (ip !== '' && !isIpv4(ip)) {
    fail(at, `${quote(ip)} is no IPv4 address: four numbers from 0 to 255 without leading zeros`)
    return false
  }
  return true
}

function unpublished(at: Cursor, target: string): undefined {
  const message = `no port of the host is named, so none is published; write "8080:${target}" with the port you want`
  notice(at, message)
  return undefined
}

function unequal(
  at: Cursor,
  { target, published, single }: { target: string; published: string; single: boolean },
) {
  if (single) return fail(at, `not honoured yet: any port of ${published} for ${target}; name one port`)
  return fail(at, `the ranges ${published} and ${target} are not equally long`)
}

function range(at: Cursor, value: string, where: 'container' | 'host') {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(value)
  const first = Number(match?.[1])
  const last = Number(match?.[2] ?? match?.[1])
  if (!match || first < 1 || last > 65535 || last < first) {
    return fail(at, `${quote(value)} is no ${where} port; ports are from 1 to 65535`)
  }
  return { first, count: last - first + 1 }
}

/** `127.0.0.1:8080/tcp`, for messages. */
export function describePort({ hostIp, published, protocol }: PublishedPort): string {
  return `${hostIp ? `${hostIp}:` : ''}${published}/${protocol}`
}
