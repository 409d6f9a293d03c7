import { type Cursor, expected, fail } from '../../cursor.ts'
import { compare } from '../../order.ts'
import { listNode, mapNode, type Node, quote, scalarNode, textNode } from '../../yaml/node.ts'
import type { Scope } from '../shape.ts'
import { isIp } from './ip.ts'
import { type PortRange, parsePortRange, printPortRange } from './port-range.ts'

const EXPECTED = 'a port, as in "8080:80", "127.0.0.1:8080:80/udp" or "8000-8003:8000-8003"'
const SHORT = /^(?:(?:(\[[^\]]*\]|.*):)?([^:]*):)?([^:/]*)(?:\/(.*))?$/

/** `[[host_ip:]published:]target[/protocol]`: a mapping for each port of the container. */
export function shortPorts(at: Cursor, text: string, scope: Scope): Node | undefined {
  const match = text.length <= 100 ? SHORT.exec(text) : null
  if (/\s/.test(text)) return fail(at, `${quote(text)} has a space; write each port as an item of its own`)
  if (!match) return expected(at, EXPECTED)
  const [, ip = '', outside = '', inside = '', protocol = 'tcp'] = match
  const hostIp = ip.replace(/^\[(.*:.*)\]$/, '$1')
  if (hostIp !== '' && !isIp(hostIp)) return fail(at, `${partOf(text, ip)} is no IP address`)
  if (!isProtocol(protocol))
    return fail(at, `${partOf(text, protocol)} is no protocol; take tcp, udp or sctp`)
  const target = portRange(at, text, { part: inside, whose: 'of the container' })
  const published = outside === '' ? undefined : portRange(at, text, { part: outside, whose: 'of the host' })
  if (!target || (outside !== '' && !published)) return undefined
  return spread(at, { hostIp, published, target, protocol: protocol.toLowerCase() }, scope)
}

function isProtocol(text: string): boolean {
  return /^(tcp|udp|sctp)$/i.test(text)
}

function portRange(at: Cursor, text: string, { part, whose }: Part): PortRange | undefined {
  const range = parsePortRange(part)
  if (range && (range.first > 0 || whose === 'of the host')) return range
  return fail(at, `${partOf(text, part)} is no port ${whose}; ports are from 1 to 65535, as in "8080:80"`)
}

interface Part {
  part: string
  whose: 'of the host' | 'of the container'
}

/** A part of what is written, for messages, together with the whole. */
function partOf(text: string, part: string): string {
  return part === text ? quote(text) : `${quote(part)} in ${quote(text)}`
}

interface ShortPort {
  hostIp: string
  published: PortRange | undefined
  target: PortRange
  protocol: string
}

function spread(
  at: Cursor,
  { hostIp, published, target, protocol }: ShortPort,
  { budget }: Scope,
): Node | undefined {
  const count = countOf(target)
  if (published && count > 1 && countOf(published) !== count) {
    const ranges = `${printPortRange(published)} and ${printPortRange(target)}`
    return fail(at, `the ranges ${ranges} are not equally long`)
  }
  if (count > 1 && budget?.takePorts(count, at) === false) return undefined
  return listNode(at.node, inOrder(target).map(one))

  function one(port: number): Node {
    const text = (value: string) => textNode(at.node, value)
    const outside = published && publishedFor(published, port - target.first, count)
    return mapNode(at.node, {
      mode: text('ingress'),
      host_ip: hostIp === '' ? undefined : text(hostIp),
      target: scalarNode(at.node, port),
      published: outside === undefined ? undefined : text(outside),
      protocol: text(protocol),
    })
  }
}

/** The port at the same place of the range; for a single port of the container any port of the range will do. */
function publishedFor(published: PortRange, index: number, count: number): string {
  return count === 1 ? printPortRange(published) : String(published.first + index)
}

function countOf({ first, last }: PortRange): number {
  return last - first + 1
}

/** The ports of a range in the order in which Compose prints them, that of their texts. */
function inOrder(range: PortRange): number[] {
  const ports = Array.from({ length: countOf(range) }, (_, index) => range.first + index)
  return ports.sort((a, b) => compare(String(a), String(b)))
}
