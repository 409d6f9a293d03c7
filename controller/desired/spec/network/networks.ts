import type { NetworkSpec } from '../../../../schemas/network.ts'
import { type Cursor, fail, fields, within } from '../../cursor.ts'
import { defined } from '../../defined.ts'
import { resourceName } from '../resources.ts'
import { boolean } from '../values.ts'
import { driverSettings, networkDriver } from './driver.ts'
import { ipam } from './ipam.ts'

/** A network of a resolved model, under its key. */
export interface NetworkDraft {
  key: string
  /** In full. */
  name: string
  external: boolean
  spec: NetworkSpec
  at: Cursor
}

/** Compose Specification §networks. */
export function network(key: string, at: Cursor): NetworkDraft {
  const { name = key, external = false } = fields(at, { name: resourceName, external: boolean })
  if (name === 'host' || name === 'none') failPredefined(at, name)
  return { key, name, external, spec: external ? { name, internal: false, external } : own(name, at), at }
}

function own(name: string, at: Cursor): NetworkSpec {
  const read = fields(at, {
    internal: boolean,
    driver: networkDriver,
    ipam,
    enable_ipv4: boolean,
    enable_ipv6: boolean,
  })
  const { internal = false, enable_ipv4: hasIpv4 = true, enable_ipv6: hasIpv6 = false } = read
  const { ipv4, ipv6, reserved } = read.ipam ?? {}
  if (!hasIpv4 && !hasIpv6) {
    fail(within(at, 'enable_ipv4'), 'leaves the network without addresses; set enable_ipv6: true')
  }
  if (ipv4 && !hasIpv4) fail(ipv4.at, 'is an IPv4 subnet of a network with enable_ipv4: false; keep one')
  if (ipv6 && !hasIpv6) fail(ipv6.at, 'is an IPv6 subnet; set enable_ipv6: true beside ipam')
  return {
    name,
    internal,
    external: false,
    ...defined({ subnet: ipv4?.subnet, gateway: ipv4?.gateway, range: ipv4?.range }),
    ...defined({ subnet6: ipv6?.subnet, gateway6: ipv6?.gateway, range6: ipv6?.range }),
    ...(!hasIpv4 && { ipv4: false as const }),
    ...(hasIpv6 && { ipv6: true as const }),
    ...defined({ reserved }),
    ...driverSettings(at, read.driver),
  }
}

// Docker's own networks: no bridge of that name does what they do.
function failPredefined(at: Cursor, name: 'host' | 'none'): void {
  fail(at, `is the network ${name} of Docker; write network_mode: ${name} in the services that use it`)
}
