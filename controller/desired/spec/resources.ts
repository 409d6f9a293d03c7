import { isIpv4 } from '../compose/model/ip.ts'
import { type Cursor, expected, fail, fields, itemsOf, notice, within } from '../cursor.ts'
import { defined } from '../defined.ts'
import { quote } from '../yaml/node.ts'
import { textMap } from './mappings.ts'
import { boolean, filled, text } from './values.ts'

/** A network or volume of a resolved model, under its key. */
export interface ResourceDraft {
  key: string
  /** In full. */
  name: string
  external: boolean
  internal: boolean
  subnet?: string
  labels: Record<string, string>
  at: Cursor
}

/** Compose Specification §networks. */
export function network(key: string, at: Cursor): ResourceDraft {
  const read = fields(at, {
    name: resourceName,
    internal: boolean,
    external: boolean,
    driver: networkDriver,
    ipam,
  })
  const { name = key, external = false, internal = false, ipam: subnet } = read
  if (name === 'host' || name === 'none') failPredefined(at, name)
  for (const other of external ? setBeside(at, ['driver', 'ipam', 'internal']) : []) {
    notice(other, 'accepted without effect: the network is external, somebody else sets it up')
  }
  return { key, name, external, internal, labels: {}, at, ...defined({ subnet }) }
}

// Docker's own networks: no bridge of that name does what they do.
function failPredefined(at: Cursor, name: 'host' | 'none'): void {
  const advice =
    name === 'host'
      ? 'remove it, and publish the ports that must be reached'
      : 'take a network with internal: true'
  fail(at, `not honoured yet: the network ${name} of Docker; ${advice}`)
}

/** Compose Specification §volumes. */
export function volume(key: string, at: Cursor): ResourceDraft {
  const read = fields(at, { name: resourceName, external: boolean, labels: textMap, driver: volumeDriver })
  const { name = key, external = false, labels = {} } = read
  return { key, name, external, internal: false, labels, at }
}

function setBeside(at: Cursor, keys: string[]): Cursor[] {
  return keys.map((key) => within(at, key)).filter((inner) => inner !== at)
}

function resourceName(at: Cursor): string | undefined {
  const value = filled(at)
  if (value === undefined || /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(value)) return value
  return fail(at, `${quote(value)} is no name: letters, digits, -, _ and ., at most 128 characters`)
}

function networkDriver(at: Cursor): string | undefined {
  const value = text(at)
  if (value === 'overlay')
    notice(at, 'overlay is a bridge on each host: tasks on different hosts do not reach each other')
  if (value === undefined || value === 'bridge' || value === 'overlay' || value === 'default') return value
  return fail(at, `not honoured yet: the driver ${value}; take bridge`)
}

function volumeDriver(at: Cursor): string | undefined {
  const value = text(at)
  if (value === undefined || value === 'local' || value === 'default') return value
  return fail(at, `not honoured yet: the driver ${value}; mount it on the host and use its absolute path`)
}

function ipam(at: Cursor): string | undefined {
  const read = fields(at, { config: (inner) => subnets(inner) })
  return read.config
}

function subnets(at: Cursor): string | undefined {
  const items = itemsOf(at) ?? []
  if (items.length > 1) return fail(at, 'not honoured yet: more than one subnet; keep one')
  return items.map((item) => fields(item, { subnet }).subnet)[0]
}

/** An IPv4 CIDR. */
function subnet(at: Cursor): string | undefined {
  const value = text(at)
  if (value === undefined) return undefined
  const [, address = '', bits = ''] = /^([^/]*)\/(\d{1,2})$/.exec(value) ?? []
  if (isIpv4(address) && Number(bits) >= 8 && Number(bits) <= 29) return value
  return expected(at, 'an IPv4 subnet from /8 to /29, as in 10.20.0.0/24')
}
