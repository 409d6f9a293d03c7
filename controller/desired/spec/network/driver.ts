import type { NetworkSpec } from '../../../../schemas/network.ts'
import { type Cursor, entriesOf, fail, notice, suggestion, within } from '../../cursor.ts'
import { quote } from '../../yaml/node.ts'
import { textMap } from '../mappings.ts'
import { oneOf, text } from '../values.ts'
import { bridgeOptions } from './bridge-options.ts'

type Settings = Pick<NetworkSpec, 'driver' | 'options' | 'mtu'>

const ACROSS = 'a network across hosts; take bridge: tasks on one host reach each other'
/** By Docker's names. */
const MODES: Record<string, [name: string, ...modes: string[]]> = {
  macvlan: ['macvlan_mode', 'bridge', 'private', 'vepa', 'passthru'],
  ipvlan: ['ipvlan_mode', 'l2', 'l3', 'l3s'],
}

/** What makes the network: undefined for a bridge, else the name of a CNI plugin. */
export function networkDriver(at: Cursor): string | undefined {
  const value = text(at)
  if (value === undefined || value === 'bridge' || value === 'default') return undefined
  if (value === 'overlay') return fail(at, `not honoured yet: overlay, ${ACROSS}`)
  if (value === 'host' || value === 'none' || value === 'null') {
    return fail(
      at,
      `is no network that is made; write network_mode: ${value === 'host' ? value : 'none'} in the services`,
    )
  }
  const near = suggestion(at, value, ['bridge', ...Object.keys(MODES)])
  if (near !== undefined && near !== value) {
    return fail(at, `no driver is called ${value}; did you mean ${near}?`, { suggestion: near })
  }
  if (/^[a-z][a-z0-9_-]{0,31}$/.test(value)) return value
  return fail(at, `${quote(value)} is no driver: bridge, macvlan, ipvlan or the name of a CNI plugin`)
}

/** `driver_opts`, as the driver has them. */
export function driverSettings(network: Cursor, driver: string | undefined): Settings {
  const at = within(network, 'driver_opts')
  const isThere = at !== network
  if (driver === undefined) return isThere ? bridgeOptions(at) : {}
  const modes = MODES[driver]
  if (modes && !(isThere && entriesOf(at)?.some(([name]) => name === 'parent'))) {
    fail(
      isThere ? at : network,
      `needs driver_opts.parent for ${driver}: the interface of the host, as in eth0`,
    )
  }
  if (!isThere) return { driver }
  return { driver, options: modes ? lanOptions(at, modes) : (textMap(at) ?? {}) }
}

function lanOptions(at: Cursor, [mode, ...modes]: [string, ...string[]]): Record<string, string> {
  const options: Record<string, string> = {}
  for (const [name, inner] of entriesOf(at) ?? []) {
    const value =
      name === mode ? oneOf(...modes)(inner) : name === 'parent' ? interfaceName(inner) : undefined
    if (value !== undefined) options[name] = value
    else if (name !== mode && name !== 'parent')
      notice(inner, 'accepted without effect: the driver has no such setting')
  }
  return options
}

function interfaceName(at: Cursor): string | undefined {
  const value = text(at)
  if (value === undefined || /^[^\s/:\p{Cc}]{1,15}$/u.test(value)) return value
  return fail(at, `${quote(value)} is no interface of Linux: at most 15 characters, no space, no /`)
}
