import { formatAddress, parseAddress } from '../../../../schemas/address.ts'
import { type Cidr, contains, formatCidr, isOfHost, overlaps, parseCidr } from '../../../../schemas/cidr.ts'
import { type Cursor, entriesOf, expected, fail, fields, itemsOf, within } from '../../cursor.ts'
import { defined } from '../../defined.ts'
import { quote } from '../../yaml/node.ts'
import { text } from '../values.ts'

/** The subnet of one family. */
export interface PoolAt {
  /** CIDR. */
  subnet: string
  gateway?: string
  /** CIDR. */
  range?: string
  at: Cursor
}

export interface Ipam {
  ipv4?: PoolAt
  ipv6?: PoolAt
  reserved?: string[]
}

/** Compose Specification §ipam: one subnet of each family. */
export function ipam(at: Cursor): Ipam | undefined {
  return fields(at, { config: pools }).config
}

function pools(at: Cursor): Ipam {
  const found: Ipam = {}
  const reserved: string[] = []
  for (const item of itemsOf(at) ?? []) {
    const read = pool(item)
    if (!read) continue
    const family = read.subnet.includes(':') ? 'ipv6' : 'ipv4'
    if (found[family]) fail(item, 'not honoured yet: more than one subnet of a family; keep one')
    found[family] = read
    reserved.push(...read.reserved)
  }
  return { ...found, ...(reserved.length > 0 && { reserved: reserved.sort() }) }
}

function pool(at: Cursor): (PoolAt & { reserved: string[] }) | undefined {
  const { subnet: cidr } = fields(at, { subnet })
  if (!cidr) {
    const alone = ['gateway', 'ip_range', 'aux_addresses']
      .map((key) => within(at, key))
      .find((one) => one !== at)
    return alone && fail(alone, 'needs a subnet beside it that it lies in')
  }
  const inside = address(cidr)
  const read = fields(at, {
    gateway: inside,
    ip_range: rangeOf(cidr),
    aux_addresses: (inner) => (entriesOf(inner) ?? []).flatMap(([, one]) => inside(one) ?? []),
  })
  const { gateway, ip_range: range, aux_addresses: reserved = [] } = read
  return { subnet: formatCidr(cidr), ...defined({ gateway, range }), reserved, at: within(at, 'subnet') }
}

/** A CIDR of either family, large enough for tasks. */
function subnet(at: Cursor): Cidr | undefined {
  const value = text(at)
  if (value === undefined) return undefined
  const parsed = parseCidr(value)
  if (value.includes(':')) {
    const fits = parsed && parsed.prefix >= 16 && parsed.prefix <= 125
    return fits
      ? ofTasks(at, parsed)
      : expected(at, 'an IPv6 subnet from /16 to /125, as in fd12:3456:789a::/64')
  }
  const fits = parsed && parsed.prefix >= 8 && parsed.prefix <= 29
  return fits ? ofTasks(at, parsed) : expected(at, 'an IPv4 subnet from /8 to /29, as in 10.20.0.0/24')
}

/** Addresses that no interface of a task can have (RFC 6890), or that say nothing without an interface (RFC 4291 §2.5.6). */
const SPECIAL: [subnet: string, what: string][] = [
  ['0.0.0.0/8', 'stands for this host'],
  ['127.0.0.0/8', 'is the loopback of each host'],
  ['224.0.0.0/4', 'is for groups of hosts (multicast)'],
  ['::1/128', 'is the loopback of each host'],
  ['fe80::/10', 'is of one link alone'],
  ['ff00::/8', 'is for groups of hosts (multicast)'],
]

function ofTasks(at: Cursor, cidr: Cidr): Cidr | undefined {
  for (const [subnet, what] of SPECIAL) {
    const special = parseCidr(subnet)
    if (special && overlaps(special, cidr))
      return fail(
        at,
        `${subnet} ${what}: no subnet for tasks; take one as in ${cidr.bits === 32 ? '10.20.0.0/24' : 'fd12:3456:789a::/64'}`,
      )
  }
  return cidr
}

/** An address of the subnet. */
function address(subnet: Cidr) {
  return (at: Cursor): string | undefined => {
    const value = text(at)
    const parsed = value === undefined ? undefined : parseAddress(value)
    if (!parsed) return expected(at, `an address of ${formatCidr(subnet)}`)
    const plain = formatAddress(parsed)
    if (isOfHost(subnet, plain)) return plain
    return fail(at, `${quote(plain)} is no address of a host in ${formatCidr(subnet)}`)
  }
}

function rangeOf(subnet: Cidr) {
  return (at: Cursor): string | undefined => {
    const value = text(at)
    const range = value === undefined ? undefined : parseCidr(value)
    if (!range) return expected(at, `a part of ${formatCidr(subnet)}, written as a subnet`)
    const isInside = range.prefix >= subnet.prefix && contains(subnet, formatCidr(range).replace(/\/.*/, ''))
    return isInside
      ? formatCidr(range)
      : fail(at, `${quote(formatCidr(range))} is not in ${formatCidr(subnet)}`)
  }
}
