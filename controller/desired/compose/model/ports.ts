import { type Cursor, expected } from '../../cursor.ts'
import { type Node, scalarText, textAt, textNode } from '../../yaml/node.ts'
import { withoutRepetition } from '../canonical/canonicalise.ts'
import { honoured, ignored, TUNING } from '../marks.ts'
import type { Shape } from '../shape.ts'
import { integerFrom, string } from './common.ts'
import { isIp } from './ip.ts'
import { parsePortRange } from './port-range.ts'
import { shortPorts } from './short-port.ts'

const published: Shape = {
  expected: 'a port of the host or a range of them, as in "8080" or "8080-8090"',
  scalar: { types: ['integer', 'string'] },
  canonical: publishedText,
}

function publishedText(at: Cursor): Node | undefined {
  const text = at.node.kind === 'scalar' ? scalarText(at.node) : ''
  return text === '' || parsePortRange(text) ? textNode(at.node, text) : expected(at, published.expected)
}

const protocol: Shape = {
  expected: 'tcp, udp or sctp',
  scalar: { types: ['string'], pattern: /^(tcp|udp|sctp|)$/i },
}

const portMode: Shape = {
  expected: 'host or ingress',
  scalar: { types: ['string'] },
}

const hostIp: Shape = {
  expected: 'an IP address, as in 127.0.0.1',
  scalar: { types: ['string'] },
  canonical: (at) =>
    at.node.kind === 'scalar' && isIp(at.node.text) ? at.node : expected(at, hostIp.expected),
}

const port: Shape = {
  expected: 'a port, as in "8080:80", "127.0.0.1:8080:80/udp" or "8000-8003:8000-8003"',
  scalar: { types: ['integer', 'string'] },
  map: {
    keys: {
      target: honoured(integerFrom(1, 65535), 'The port in the container.'),
      published: honoured(
        published,
        'The port of the host, in quotes; a range for any port of it, none for any that is free.',
      ),
      protocol: honoured(protocol, '`tcp`, the default, or `udp`.'),
      host_ip: honoured(
        hostIp,
        'The address of the host at which the port is published; by default all of them.',
      ),
      mode: honoured(
        portMode,
        '`ingress`, the default: spread over the tasks on a host; `host`: each task has the port to itself.',
      ),
      name: ignored(string, 'A name for people.', { reason: TUNING }),
      app_protocol: ignored(string, 'What is spoken there, as in `http`.', { reason: TUNING }),
    },
    required: ['target'],
  },
  canonical: (at, scope) =>
    at.node.kind === 'scalar' ? shortPorts(at, scalarText(at.node), scope) : at.node,
}

/** Compose Specification §ports: mappings of one port of the container each; a range becomes single ports. */
export const ports: Shape = {
  expected: 'a list of ports, as in "8080:80"',
  list: { items: port, unique: portKey },
  canonical: ({ node }) => (node.kind === 'list' ? { ...node, items: single(node.items) } : node),
}

/** An item of the short form is the list of its ports by now. */
function single(items: Node[]): Node[] {
  return withoutRepetition(items.flatMap(portsOf), portKey)
}

function portsOf(item: Node): Node[] {
  if (item.kind !== 'list') return [item]
  const { index, items } = item
  return index === undefined ? items : items.map((one) => ({ ...one, index }))
}

/** Two entries are one when host address, both ports and protocol are the same. */
function portKey(item: Node): string | undefined {
  const target = textAt(item, 'target')
  if (target === undefined) return undefined
  const [ip, published] = [textAt(item, 'host_ip') ?? '0.0.0.0', textAt(item, 'published') ?? '']
  return `${ip}:${published}:${target}/${textAt(item, 'protocol') ?? 'tcp'}`
}
