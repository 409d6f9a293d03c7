import { contains, firstAddress, isOfHost, parseCidr } from '../../../../schemas/cidr.ts'
import type { NetworkSpec } from '../../../../schemas/network.ts'
import { type Cursor, fail, notice, within } from '../../cursor.ts'
import type { AttachmentAt } from '../network/attachments.ts'
import { joined } from '../network/joined.ts'
import type { StackDraft } from '../read-stack.ts'
import type { ServiceDraft } from '../service.ts'

/** What services ask of the networks that they join can be had, by each and by all of them. */
export function checkNetworks({ services, networks }: StackDraft): void {
  const specs = new Map(networks.map(({ key, spec }) => [key, spec]))
  const taken = new Map<string, string>()
  for (const service of services) {
    checkDevices(service)
    checkPorts(service, specs)
    for (const attachment of service.networks ?? []) {
      const spec = specs.get(attachment.key)
      for (const one of fixed(attachment)) {
        checkAlone(service, one.at)
        if (spec) checkSubnet(spec, one)
        checkTaken(taken, `${spec?.name} ${one.address}`, one.at)
      }
      if (attachment.place.mac !== undefined) checkMac(service, attachment, spec)
    }
  }
}

interface Fixed {
  address: string
  family: 'IPv4' | 'IPv6'
  at: Cursor
}

function fixed({ place: { ipv4, ipv6 }, at }: AttachmentAt): Fixed[] {
  return [
    ...(ipv4 === undefined
      ? []
      : [{ address: ipv4, family: 'IPv4' as const, at: within(at, 'ipv4_address') }]),
    ...(ipv6 === undefined
      ? []
      : [{ address: ipv6, family: 'IPv6' as const, at: within(at, 'ipv6_address') }]),
  ]
}

/** Two tasks cannot have one address, nor can the old and the new one of an update. */
function checkAlone({ deploy, scale }: ServiceDraft, at: Cursor): void {
  const replicas = deploy?.replicas ?? scale ?? 1
  if (deploy?.mode !== 'global' && replicas > 1) {
    fail(at, `is for one task, but the service has ${replicas}; remove it, or keep one replica`)
  }
  if (deploy?.update_config?.order === 'start-first') {
    fail(at, 'cannot be of the old and the new task at once; take update_config.order: stop-first')
  }
}

function checkMac(service: ServiceDraft, { at }: AttachmentAt, spec: NetworkSpec | undefined): void {
  const place = within(at, 'mac_address')
  checkAlone(service, place)
  if (spec?.driver === 'ipvlan') fail(place, 'is that of the parent interface in an ipvlan; take macvlan')
}

/** Ports are published by way of a bridge. */
function checkPorts({ at, ports = [], networks = [] }: ServiceDraft, specs: Map<string, NetworkSpec>): void {
  const drivers = networks.flatMap(({ key }) => specs.get(key)?.driver ?? [])
  if (ports.length === 0 || drivers.length === 0 || drivers.length < networks.length) return
  fail(
    within(at, 'ports'),
    `are not published from ${drivers[0]}, where a task has an address of its own; join a bridge, too`,
  )
}

function checkSubnet(spec: NetworkSpec, { address, family, at }: Fixed): void {
  if (spec.external) return void notice(at, `${address} ${ELSEWHERE}`)
  const [isOn, text] =
    family === 'IPv4' ? [spec.ipv4 !== false, spec.subnet] : [spec.ipv6 === true, spec.subnet6]
  if (!isOn)
    return void fail(at, `network ${spec.name} has no ${family}; set enable_${family.toLowerCase()}: true`)
  const subnet = text === undefined ? undefined : parseCidr(text)
  if (!subnet)
    return void fail(at, `needs a network with a subnet of its own; give ${spec.name} one under ipam.config`)
  if (!contains(subnet, address))
    return void fail(at, `${address} is not in the subnet ${text} of network ${spec.name}`)
  if (!isOfHost(subnet, address))
    return void fail(at, `${address} is no address of a host in ${text}; choose another`)
  const gateway = (family === 'IPv4' ? spec.gateway : spec.gateway6) ?? firstAddress(subnet)
  if (address === gateway) fail(at, `${address} is the gateway of network ${spec.name}; choose another`)
}

const ELSEWHERE =
  'can be given only while another stack of the host declares this network with a subnet that it lies in'

function checkTaken(taken: Map<string, string>, key: string, at: Cursor): void {
  const other = taken.get(key)
  if (other === undefined) taken.set(key, at.path)
  else fail(at, `is also given to ${other}; one address is of one service`)
}

/** Interfaces without a name of their own are `eth0`, `eth1`, … in the order in which the networks are joined. */
function checkDevices(service: ServiceDraft): void {
  const taken = new Map<string, AttachmentAt>()
  for (const [index, attachment] of joined(service).entries()) {
    const device = attachment.place.device ?? `eth${index}`
    const other = taken.get(device)
    if (other)
      fail(attachment.at, `has the interface ${device}, as has the network ${other.key}; name it otherwise`)
    else taken.set(device, attachment)
  }
}
