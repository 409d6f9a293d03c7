import { type Cursor, expected, fail } from '../../cursor.ts'
import { quote } from '../../yaml/node.ts'
import { networkName } from '../service/process.ts'
import { sysctls } from '../service/sysctls.ts'
import { listOf, text } from '../values.ts'
import { hardwareAddress, ipAddress } from './addresses.ts'
import { attachments } from './attachments.ts'

/** The readers of the keys that say how a service reaches others. */
export const networkKeys = {
  networks: attachments,
  network_mode: networkMode,
  mac_address: hardwareAddress,
  domainname: networkName,
  extra_hosts: listOf(extraHost),
  dns: listOf(ipAddress()),
  dns_search: listOf(searchDomain),
  dns_opt: listOf(resolverOption),
  sysctls,
}

export type NetworkMode = 'host' | 'none' | { service: string }

/** Compose Specification §network_mode. */
export function networkMode(at: Cursor): NetworkMode | undefined {
  const value = text(at)
  if (value === undefined || value === 'host' || value === 'none') return value
  const [, kind, name = ''] = /^(service|container):(.*)$/s.exec(value) ?? []
  if (kind === 'service' && name !== '') return { service: name }
  if (kind === 'container') {
    return fail(
      at,
      `not honoured: ${quote(value)}; write service:NAME for the service of this file that runs it`,
    )
  }
  if (value === 'bridge' || value === 'default') {
    return fail(
      at,
      `not honoured: the ${value} network of Docker; remove it, and the service joins that of the stack`,
    )
  }
  return expected(at, 'host, none or service:NAME')
}

const HOST_GATEWAY = 'host-gateway'

/** Compose Specification §extra_hosts, canonical: `host=address`. */
function extraHost(at: Cursor): { name: string; address: string } | undefined {
  const value = text(at)
  if (value === undefined) return undefined
  const cut = value.indexOf('=')
  const [name, written] = [value.slice(0, cut), value.slice(cut + 1)]
  const node = at.node.kind === 'scalar' ? { ...at.node, text: written, value: written } : at.node
  const address = written === HOST_GATEWAY ? written : ipAddress()({ ...at, node })
  if (/[\s#\p{Cc}]/u.test(name)) return fail(at, `${quote(name)} is no name of a host: no space, no #`)
  return address === undefined ? undefined : { name, address }
}

/** Compose Specification §dns_search; `.` alone asks for none. */
function searchDomain(at: Cursor): string | undefined {
  const value = text(at)
  if (value === undefined || /^(\.|[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,252})$/.test(value)) return value
  return expected(at, 'a domain, as in example.com')
}

/** Compose Specification §dns_opt: an option of resolv.conf(5). */
function resolverOption(at: Cursor): string | undefined {
  const value = text(at)
  if (value === undefined || /^[a-z][a-z0-9-]{0,40}(:\d{1,6})?$/.test(value)) return value
  return expected(at, 'an option of resolv.conf, as in ndots:2 or use-vc')
}
