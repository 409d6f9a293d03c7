import { type Cursor, fail } from '../../cursor.ts'
import { compare } from '../../order.ts'
import { isNull, listNode, type MapNode, type Node, quote, textNode } from '../../yaml/node.ts'
import type { Shape } from '../shape.ts'

/** The longest name that DNS has. */
const MAX_NAME = 253
const EXAMPLE = 'write db=10.0.0.5'

const host: Shape = {
  expected: 'a host and its address, as in "db=10.0.0.5"',
  scalar: { types: ['string'] },
  canonical: fromItem,
}

const address: Shape = {
  expected: 'an address, as in 10.0.0.5',
  scalar: { types: ['string'] },
  canonical: fewAddresses,
}

const addresses: Shape = {
  expected: 'an address or a list of addresses',
  scalar: { types: ['string'] },
  list: { items: address },
  canonical: fewAddresses,
}

/**
 * Compose Specification §extra_hosts: texts `host=address`, in order, each once. A host may have several addresses;
 * IPv6 may stand in brackets.
 */
export const extraHosts: Shape = {
  expected: 'a mapping or a list of hosts, as in "db=10.0.0.5"',
  list: { items: host },
  map: { values: addresses },
  canonical: (at) => (at.node.kind === 'map' ? fromMap(at, at.node) : inOrder(at.node)),
  /** One host may have several addresses, so those of both count. */
  merge: (base, over, { shape, byKind }) => inOrder(byKind(base, over, shape)),
}

/** `host=address[,address…]`, or with a colon. */
function fromItem(at: Cursor): Node | undefined {
  const text = at.node.kind === 'scalar' ? at.node.text : ''
  const separator = text.includes('=') ? '=' : ':'
  const cut = text.indexOf(separator)
  if (cut < 0) return fail(at, `${quote(text)} has no address; ${EXAMPLE}`)
  const name = text.slice(0, cut)
  if (!isHost(at, name) || !areFew(at, text)) return undefined
  return listNode(at.node, pairs(at.node, name, text.slice(cut + 1)))
}

function fromMap(at: Cursor, node: MapNode): Node | undefined {
  const names = [...node.entries.keys()]
  if (!names.every((name) => isHost(at, name))) return undefined
  return inOrder(
    listNode(
      node,
      [...node.entries].flatMap(([name, { value }]) => fromEntry(name, value)),
    ),
  )
}

function fromEntry(name: string, value: Node): Node[] {
  if (value.kind === 'list') return value.items.flatMap((item) => fromEntry(name, item))
  return value.kind === 'scalar' && !isNull(value) ? pairs(value, name, value.text) : []
}

/** Each address is printed with its host, so that many of them in one text would come to very much. */
const MAX_ADDRESSES = 32

function fewAddresses(at: Cursor): Node | undefined {
  return at.node.kind !== 'scalar' || areFew(at, at.node.text) ? at.node : undefined
}

function areFew(at: Cursor, text: string): boolean {
  if (text.split(',', MAX_ADDRESSES + 1).length <= MAX_ADDRESSES) return true
  fail(at, `has more than ${MAX_ADDRESSES} addresses in one text; write a list of them`)
  return false
}

function isHost(at: Cursor, name: string): boolean {
  if (name.length <= MAX_NAME && /^[^:=]+$/.test(name)) return true
  fail(at, `${quote(name)} is no name of a host; ${EXAMPLE}`)
  return false
}

function pairs(like: Node, name: string, addresses: string): Node[] {
  return addresses.split(',').map((one) => textNode(like, `${name}=${one.replace(/^\[(.+)\]$/, '$1')}`))
}

function inOrder(node: Node): Node {
  if (node.kind !== 'list') return node
  const items = node.items.flatMap((item) => (item.kind === 'list' ? item.items : [item]))
  const unique = new Map(items.map((item) => [textOf(item), item]))
  return { ...node, items: [...unique].sort(([a], [b]) => compare(a, b)).map(([, item]) => item) }
}

function textOf(item: Node): string {
  return item.kind === 'scalar' ? item.text : ''
}
