import type { NetworkAttachment } from '../../../../schemas/network.ts'
import { type Cursor, entriesOf, expected, fail, fields, notice } from '../../cursor.ts'
import { defined } from '../../defined.ts'
import { quote } from '../../yaml/node.ts'
import { networkName } from '../service/process.ts'
import { listOf, number, text } from '../values.ts'
import { hardwareAddress, ipAddress } from './addresses.ts'

export interface AttachmentAt {
  /** The network's key in the file. */
  key: string
  aliases: string[]
  /** What the place in the network has beside names. */
  place: Omit<NetworkAttachment, 'network' | 'aliases'>
  /** Networks with a higher one are joined first. */
  priority: number
  at: Cursor
}

/** Compose Specification §networks of a service. */
export function attachments(cursor: Cursor): AttachmentAt[] | undefined {
  return entriesOf(cursor)?.map(([key, at]) => attachment(key, at))
}

function attachment(key: string, at: Cursor): AttachmentAt {
  const read = fields(at, {
    aliases: listOf(networkName),
    ipv4_address: ipAddress('ipv4'),
    ipv6_address: ipAddress('ipv6'),
    link_local_ips: listOf(linkLocal),
    mac_address: hardwareAddress,
    interface_name: interfaceName,
    driver_opts: endpointOptions,
    priority: number(-Number.MAX_SAFE_INTEGER),
    gw_priority: number(-Number.MAX_SAFE_INTEGER),
  })
  const place = defined({
    ipv4: read.ipv4_address,
    ipv6: read.ipv6_address,
    mac: read.mac_address,
    device: read.interface_name ?? read.driver_opts?.device,
    gatewayPriority: read.gw_priority || undefined,
    linkLocal: read.link_local_ips?.length ? read.link_local_ips : undefined,
  })
  return { key, aliases: read.aliases ?? [], place, priority: read.priority ?? 0, at }
}

/** RFC 3927 and RFC 4291: an address that is used on one link alone. */
function linkLocal(at: Cursor): string | undefined {
  const value = ipAddress()(at)
  if (value === undefined || /^169\.254\.|^fe[89ab][\da-f]:/.test(value)) return value
  return expected(at, 'an address of 169.254.0.0/16 or fe80::/10')
}

/** A name as Linux takes it (`dev_valid_name`), without dots, which kernel parameters could not tell from their own. */
function interfaceName(at: Cursor): string | undefined {
  const value = text(at)
  if (value === undefined) return undefined
  if (['lo', 'all', 'default'].includes(value))
    return fail(at, `${quote(value)} means something else to Linux`)
  if (/^[a-zA-Z][\w-]{0,14}$/.test(value)) return value
  return expected(at, 'a name of at most 15 letters, digits, _ and -, as in front0')
}

const NAME = 'com.docker.network.endpoint.ifname'

/** `driver_opts` of a service's network, by Docker's names for them. */
function endpointOptions(cursor: Cursor): { device?: string } {
  for (const [name, at] of entriesOf(cursor) ?? []) {
    if (name === 'com.docker.network.endpoint.sysctls') {
      fail(at, 'not honoured yet: settings of one interface; name it under interface_name and write sysctls')
    } else if (name !== NAME) notice(at, 'accepted without effect: no link of Setpoint has such a setting')
  }
  return defined({ device: fields(cursor, { [NAME]: interfaceName })[NAME] })
}
