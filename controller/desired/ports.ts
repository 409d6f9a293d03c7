import type { PublishedPort } from '../../schemas/stack.ts'
import { type Cursor, expected, fail, fields, itemsOf, notice } from './cursor.ts'
import { scalarText } from './node.ts'
import { filled, integer, oneOf, text } from './values.ts'

export interface PortAt {
  port: PublishedPort
  at: Cursor
}

/** Compose Specification §ports, short and long syntax. Ranges become one entry a port. */
export function ports(cursor: Cursor): PortAt[] | undefined {
  return itemsOf(cursor)?.flatMap((at) => (read(at) ?? []).map((port) => ({ port, at })))
}

function read(at: Cursor): PublishedPort[] | undefined {
  if (at.node.kind === 'map') return long(at)
  if (at.node.kind === 'list' || at.node.value === null) return expected(at, 'a port, as in "8080:80"')
  return short(at, scalarText(at.node))
}

const SHORT = /^(?:(?:(\[[^\]]*\]|[^:]*):)?([^:]*):)?([^:/]+)(?:\/([a-zA-Z]+))?$/

/** `[[hostIp:]published:]target[/protocol]` */
function short(at: Cursor, value: string): PublishedPort[] | undefined {
  const match =
    SHORT.exec(value) ?? SHORT.exec(value.replace(/^([\da-fA-F:]+:[\da-fA-F:]*):([^:]*:[^:]+)$/, '[$1]:$2'))
  if (!match) return expected(at, 'a port, as in "8080:80", "127.0.0.1:8080:80/udp" or "8000-8003:8000-8003"')
  const [, ip = '', published = '', target = '', protocol = 'tcp'] = match
  return assemble(at, { ip: ip.replace(/^\[|\]$/g, ''), published, target, protocol: protocol.toLowerCase() })
}

function long(at: Cursor): PublishedPort[] | undefined {
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

function assemble(at: Cursor, { ip, published, target, protocol }: Parts): PublishedPort[] | undefined {
  if (protocol !== 'tcp' && protocol !== 'udp') {
    return fail(at, `not honoured yet: the protocol ${protocol}; publish tcp or udp`)
  }
  if (ip !== '' && !isAddress(ip)) return fail(at, `${JSON.stringify(ip)} is no IP address of the host`)
  const targets = range(at, target, 'container')
  if (!targets) return undefined
  if (published === '' || published === '0') return unpublished(at, target)
  const outside = range(at, published, 'host')
  if (!outside) return undefined
  if (outside.length !== targets.length)
    return unequal(at, { target, published, single: targets.length === 1 })
  const hostIp = ip === '' || ip === '0.0.0.0' || ip === '::' ? {} : { hostIp: ip }
  return outside.map((port, index) => ({
    target: targets[index] ?? port,
    published: port,
    protocol,
    ...hostIp,
  }))
}

function unpublished(at: Cursor, target: string): PublishedPort[] {
  const message = `no port of the host is named, so none is published; write "8080:${target}" with the port you want`
  notice(at, message)
  return []
}

function unequal(
  at: Cursor,
  { target, published, single }: { target: string; published: string; single: boolean },
) {
  if (single) return fail(at, `not honoured yet: any port of ${published} for ${target}; name one port`)
  return fail(at, `the ranges ${published} and ${target} are not equally long`)
}

function range(at: Cursor, value: string, where: 'container' | 'host'): number[] | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(value)
  const first = Number(match?.[1])
  const last = Number(match?.[2] ?? match?.[1])
  if (!match || first < 1 || last > 65535 || last < first) {
    return fail(at, `${JSON.stringify(value)} is no ${where} port; ports are from 1 to 65535`)
  }
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

function isAddress(value: string): boolean {
  const parts = value.split('.')
  if (parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return true
  return value.includes(':') && URL.canParse(`http://[${value}]`)
}

/** `127.0.0.1:8080/tcp`, for messages. */
export function describePort({ hostIp, published, protocol }: PublishedPort): string {
  return `${hostIp ? `${hostIp}:` : ''}${published}/${protocol}`
}
