import { type Cursor, entriesOf, fail, fields, notice } from '../../cursor.ts'
import { integer, text } from '../values.ts'

const MTU = 'com.docker.network.driver.mtu'
/** What changes nothing where Setpoint does as the value says; any other value would be missed. */
const USUAL: Record<string, string> = {
  'com.docker.network.bridge.enable_icc': 'true',
  'com.docker.network.bridge.enable_ip_masquerade': 'true',
  'com.docker.network.bridge.inhibit_ipv4': 'false',
  'com.docker.network.bridge.gateway_mode_ipv4': 'nat',
  'com.docker.network.bridge.gateway_mode_ipv6': 'nat',
  'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
}

/** `driver_opts` of a bridge, by Docker's names for them. */
export function bridgeOptions(cursor: Cursor): { mtu?: number } {
  for (const [name, at] of entriesOf(cursor) ?? []) {
    if (name === MTU) continue
    const usual = USUAL[name]
    const value = text(at)
    if (usual === undefined) notice(at, `accepted without effect: ${whyNot(name)}`)
    else if (value !== usual) fail(at, `not honoured yet: ${name} other than ${usual}; remove it`)
  }
  const { [MTU]: mtu } = fields(cursor, { [MTU]: integer(68, 65_535) })
  return mtu === undefined ? {} : { mtu }
}

function whyNot(name: string): string {
  return name === 'com.docker.network.bridge.name'
    ? 'the agent names its bridges, so that it knows its own'
    : 'no bridge of Setpoint has such a setting'
}
