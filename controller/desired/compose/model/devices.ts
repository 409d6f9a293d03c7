import { type Cursor, fail } from '../../cursor.ts'
import {
  type MapNode,
  mapNode,
  type Node,
  quote,
  textAt,
  textNode,
  valueAt,
  withValue,
} from '../../yaml/node.ts'
import { honoured } from '../marks.ts'
import type { Shape } from '../shape.ts'
import { string } from './common.ts'

const device: Shape = {
  expected: 'a device, as in "/dev/fuse" or "/dev/sda:/dev/xvda:r"',
  scalar: { types: ['string'] },
  map: {
    keys: {
      source: honoured(string, 'The path of the device on the host.'),
      target: honoured(string, 'The path of the device in the container; by default the same.'),
      permissions: honoured(string, 'What may be done: r to read, w to write, m to make device files.'),
    },
    required: ['source'],
  },
  canonical: (at) => (at.node.kind === 'map' ? withTarget(at.node) : short(at)),
}

/** Compose Specification §devices: mappings with a source, a target and permissions. */
export const devices: Shape = {
  expected: 'a list of devices, as in "/dev/fuse"',
  list: { items: device, unique: (item) => textAt(item, 'target') },
}

/** `source[:target[:permissions]]` */
function short(at: Cursor): Node | undefined {
  const { node } = at
  const text = node.kind === 'scalar' ? node.text : ''
  const [source = '', target = '', permissions = 'rwm', ...rest] = text.split(':')
  if (rest.length > 0)
    return fail(at, `${quote(text)} has too many colons; write source, target and permissions`)
  if (source === '') return fail(at, `${quote(text)} names no device; write "/dev/fuse"`)
  const parts = { source, target: target || source, permissions }
  return mapNode(
    node,
    Object.fromEntries(Object.entries(parts).map(([key, part]) => [key, textNode(node, part)])),
  )
}

function withTarget(node: MapNode): Node {
  return textAt(node, 'target') !== undefined ? node : withValue(node, 'target', valueAt(node, 'source'))
}
