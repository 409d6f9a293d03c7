import type { PublishedPort } from '../../../schemas/network.ts'
import { isIpv4 } from '../compose/model/ip.ts'
import { type Cursor, fail, fields, itemsOf, notice } from '../cursor.ts'
import { quote } from '../yaml/node.ts'
import { filled, integer, text } from './values.ts'

export interface PortAt {
  port: PublishedPort
  at: Cursor
}

/** The most ports that one stack publishes: each is a rule of the firewall on every host. */
export const MAX_PORTS = 1000

/** Compose Specification §ports: those that are published. */
export function ports(cursor: Cursor): PortAt[] | undefined {
  const read = itemsOf(cursor)?.flatMap((at) => {
    const port = portOf(at)
    return port ? [{ port, at }] : []
  })
  const unpublished = read?.filter(({ port }) => port.published === NONE) ?? []
  for (const entry of Map.groupBy(unpublished, ({ at }) => at.node.at).values()) tellUnpublished(entry)
  return read?.filter(({ port }) => port.published !== NONE)
}

/** Where no port of the host is named. */
const NONE = 0

/** @param ports what is written as one entry: all of a range */
function tellUnpublished(ports: PortAt[]): void {
  const targets = ports.map(({ port }) => port.target)
  const [first, last] = [Math.min(...targets), Math.max(...targets)]
  const example =
    first === last
      ? `"8080:${first}" with the port you want`
      : `"${first}-${last}:${first}-${last}" with the ports you want`
  const message = `no port of the host is named, so none is published; write ${example}`
  for (const { at } of ports.slice(0, 1)) notice(at, message)
}

function portOf(at: Cursor): PublishedPort | undefined {
  const {
    target,
    published,
    protocol = 'tcp',
    host_ip,
  } = fields(at, {
    target: integer(1, 65535),
    published: text,
    protocol: filled,
    host_ip: filled,
  })
  if (target === undefined) return undefined
  if (protocol !== 'tcp' && protocol !== 'udp')
    return fail(at, `not honoured yet: the protocol ${protocol}; publish tcp or udp`)
  const outside = hostPort(at, target, published)
  const hostIp = hostAddress(at, host_ip)
  if (outside === undefined || hostIp === undefined) return undefined
  return { target, published: outside, protocol, ...(hostIp === '' ? {} : { hostIp }) }
}

function hostPort(at: Cursor, target: number, published = ''): number | undefined {
  if (published === '' || published === '0') return NONE
  if (published.includes('-'))
    return fail(at, `not honoured yet: any port of ${published} for ${target}; name one port`)
  const port = Number(published)
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port
  return fail(at, `${quote(published)} is no host port; ports are from 1 to 65535`)
}

/** An IPv4 address in its one form, since the firewall compares texts and reads `08` as no number; empty for all. */
function hostAddress(at: Cursor, ip = ''): string | undefined {
  if (ip === '' || ip === '0.0.0.0') return ''
  if (ip === '::') {
    notice(at, 'published on every IPv4 address; IPv6 is not published')
    return ''
  }
  if (ip.includes(':'))
    return fail(at, `not honoured yet: the IPv6 address ${ip}; name an IPv4 address, or none for all of them`)
  if (isIpv4(ip)) return ip
  return fail(at, `${quote(ip)} is no IPv4 address: four numbers from 0 to 255 without leading zeros`)
}

/** `127.0.0.1:8080/tcp`, for messages. */
export function describePort({ hostIp, published, protocol }: PublishedPort): string {
  return `${hostIp ? `${hostIp}:` : ''}${published}/${protocol}`
}
