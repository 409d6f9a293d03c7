import { parseAddress, plainAddress } from '../../../../schemas/address.ts'
import type { PublishedPort } from '../../../../schemas/network.ts'
import { isIp } from '../../compose/model/ip.ts'
import { parsePortRange } from '../../compose/model/port-range.ts'
import { type Cursor, fail, fields, itemsOf, notice } from '../../cursor.ts'
import { defined } from '../../defined.ts'
import { quote } from '../../yaml/node.ts'
import { filled, integer, oneOf, text } from '../values.ts'

export interface PortAt {
  port: PublishedPort
  at: Cursor
}

/** The most ports that one stack publishes: each is a rule of the firewall on every host. */
export const MAX_PORTS = 1000

/** Compose Specification §ports. */
export function ports(cursor: Cursor): PortAt[] | undefined {
  return itemsOf(cursor)?.flatMap((at) => {
    const port = portOf(at)
    return port ? [{ port, at }] : []
  })
}

function portOf(at: Cursor): PublishedPort | undefined {
  const {
    target,
    published,
    protocol = 'tcp',
    host_ip,
    mode,
  } = fields(at, {
    target: integer(1, 65535),
    published: text,
    protocol: filled,
    host_ip: filled,
    mode: oneOf('host', 'ingress'),
  })
  if (target === undefined) return undefined
  if (protocol !== 'tcp' && protocol !== 'udp')
    return fail(at, `not honoured yet: the protocol ${protocol}; publish tcp or udp`)
  const outside = hostPort(at, published)
  const hostIp = hostAddress(at, host_ip)
  if (outside === undefined || hostIp === undefined) return undefined
  return {
    target,
    ...outside,
    protocol,
    ...defined({ hostIp: hostIp || undefined, mode: mode === 'host' ? mode : undefined }),
  }
}

type HostPorts = Pick<PublishedPort, 'published' | 'publishedEnd'>

/** One port, any of a range, or 0: any that is free, as where none is named. */
function hostPort(at: Cursor, published = ''): HostPorts | undefined {
  if (published === '' || published === '0') return { published: 0 }
  const range = parsePortRange(published)
  if (!range || range.first === 0)
    return fail(at, `${quote(published)} is no host port; ports are from 1 to 65535`)
  const { first, last } = range
  return first === last ? { published: first } : { published: first, publishedEnd: last }
}

/** An address in its one form, since the firewall compares texts and reads `08` as no number; empty for all. */
function hostAddress(at: Cursor, ip = ''): string | undefined {
  if (ip === '') return ''
  const address = isIp(ip) ? plainAddress(ip) : ip
  if (address === '::') {
    notice(at, 'published on every address of IPv4 too; IPv6 is where a network of the service has it')
    return ''
  }
  if (address === '::1')
    return fail(
      at,
      'the kernel leads nothing on from ::1; name 127.0.0.1, which is where localhost comes to as well',
    )
  if (parseAddress(address)) return address
  return fail(at, `${quote(ip)} is no IP address: of IPv4, four numbers from 0 to 255 without leading zeros`)
}
