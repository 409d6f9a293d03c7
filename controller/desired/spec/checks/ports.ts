import { isIpv6 } from '../../../../schemas/address.ts'
import type { PublishedPort } from '../../../../schemas/network.ts'
import { describeHost, isOpen, samePort } from '../../../../schemas/port.ts'
import { fail } from '../../cursor.ts'
import type { NetworkDraft } from '../network/networks.ts'
import { MAX_PORTS, type PortAt } from '../network/ports.ts'
import type { StackDraft } from '../read-stack.ts'
import type { ServiceDraft } from '../service.ts'

/** No two services publish one port, and none on an address that cannot be led on from. */
export function checkPorts({ services, networks }: StackDraft): void {
  const all = services.flatMap(({ ports = [] }) => ports)
  const beyond = all[MAX_PORTS]
  if (beyond) {
    const advice = 'publish only what is reached from outside the hosts'
    fail(beyond.at, `the stack publishes ${all.length} ports, at most ${MAX_PORTS} are; ${advice}`)
    return
  }
  const taken = new Map<string, Taken[]>()
  for (const { name, ports = [] } of services) for (const entry of ports) checkPort(taken, name, entry)
  for (const service of services) checkFamilies(service, networks)
}

interface Taken {
  service: string
  port: PublishedPort
  path: string
}

function checkPort(taken: Map<string, Taken[]>, service: string, { port, at }: PortAt): void {
  if (isOpen(port)) return
  const key = `${port.published}/${port.protocol}`
  const others = taken.get(key) ?? []
  const clash = others.find((other) => samePort(other.port, port))
  if (!clash) taken.set(key, [...others, { service, port, path: at.path }])
  else if (clash.service !== service || !isSame(clash.port, port))
    fail(at, `${describeHost(port)}${key} is already published by ${clash.path}`)
}

function isSame(a: PublishedPort, b: PublishedPort): boolean {
  return a.target === b.target && a.hostIp === b.hostIp && a.mode === b.mode
}

/** What comes in by IPv6 cannot go on by IPv4. Of an external network it is not known here what it has. */
function checkFamilies({ ports = [], networks = [] }: ServiceDraft, all: NetworkDraft[]): void {
  const joined = all.filter(({ key }) => networks.some((one) => one.key === key))
  if (joined.some(({ spec }) => spec.ipv6 || spec.external)) return
  for (const { port, at } of ports) {
    if (port.hostIp === undefined || !isIpv6(port.hostIp)) continue
    fail(at, `${port.hostIp} is an IPv6 address; set enable_ipv6: true on a network of the service`)
  }
}
