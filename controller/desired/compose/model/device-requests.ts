import { type Cursor, expected, fail } from '../../cursor.ts'
import { listNode, mapNode, type Node, scalarNode } from '../../yaml/node.ts'
import { honoured } from '../marks.ts'
import type { Key, Shape } from '../shape.ts'
import { listOf, mapping, string } from './common.ts'
import { keyValues } from './pairs.ts'
import { uniqueStrings } from './string-or-list.ts'

/** The number that stands for `all`, as Compose prints it. */
const ALL = -1

const count: Shape = {
  expected: 'a whole number or all',
  scalar: { types: ['integer', 'string'] },
  canonical: counted,
}

function counted(at: Cursor): Node | undefined {
  const { node } = at
  if (node.kind !== 'scalar' || typeof node.value === 'number') return node
  if (node.text.toLowerCase() === 'all') return scalarNode(node, ALL)
  return /^-?\d{1,9}$/.test(node.text) ? scalarNode(node, Number(node.text)) : expected(at, count.expected)
}

const KEYS: Record<string, Key> = {
  capabilities: honoured(uniqueStrings, 'What the device must be able to do, as in `gpu`.'),
  count: honoured(count, 'How many devices, or `all`.'),
  device_ids: honoured(uniqueStrings, 'These devices, in place of a number of any.'),
  driver: honoured(string, 'The driver, as in `nvidia`.'),
  options: honoured(keyValues, 'Settings of the driver.'),
}

/** Compose Specification deploy §devices: requests for devices such as GPUs. */
export const deviceRequests: Shape = listOf(
  { ...mapping('a mapping with capabilities', KEYS, 'capabilities'), canonical: countOrIds },
  'a list of devices, each with capabilities',
)

/** Compose Specification §gpus: `all`, or requests for GPUs. */
export const gpus: Shape = {
  ...listOf({ ...mapping('a mapping with count or device_ids', KEYS), canonical: countOrIds }),
  expected: 'all or a list of GPUs',
  scalar: { types: ['string'], values: ['all'] },
  canonical: ({ node }) =>
    node.kind === 'scalar' ? listNode(node, [mapNode(node, { count: scalarNode(node, ALL) })]) : node,
}

function countOrIds(at: Cursor): Node | undefined {
  const { node } = at
  const isBoth = node.kind === 'map' && node.entries.has('count') && node.entries.has('device_ids')
  return isBoth ? fail(at, 'has both count and device_ids; keep one') : node
}
