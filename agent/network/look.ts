import { describePort } from '../../schemas/port.ts'
import { isIn } from './addresses/families.ts'
import type { Lease, Leases } from './addresses/leases.ts'
import { type Forward, forwardKey } from './firewall/forwards.ts'
import type { Parts } from './parts.ts'

/**
 * Networks.forwardings. The rules around the ports (masquerade, isolation, addresses of services) are no task's: when
 * only these have been tampered with they are set again here, since no task's drift would tell.
 */
export async function forwardings(parts: Parts): Promise<Map<string, string[]>> {
  const { firewall, leases, log, traffic } = parts
  const { forwards, isWhole } = await firewall.read()
  const found = byTask(leases, forwards)
  if (!isWhole && isSame(found, byTask(leases, traffic.forwards))) {
    log.warn({}, 'The rules in the nftables table of this agent were changed by somebody and are set again')
    await firewall.apply()
  }
  return found
}

function byTask(leases: Leases, forwards: Forward[]): Map<string, string[]> {
  const owners = new Map<string, [taskId: string, lease: Lease]>()
  for (const network of leases.networks()) {
    for (const [taskId, lease] of Object.entries(network.leases)) {
      for (const address of [lease.address, lease.address6]) if (address) owners.set(address, [taskId, lease])
    }
  }
  const found = new Map<string, Set<string>>()
  for (const forward of forwards) {
    for (const [address, target] of forward.to) {
      const [taskId, lease] = owners.get(address) ?? []
      if (taskId === undefined || !lease) continue
      const texts = found.get(taskId) ?? new Set()
      for (const text of spell(forward, target, lease)) texts.add(text)
      found.set(taskId, texts)
    }
  }
  return new Map([...found].map(([taskId, texts]) => [taskId, [...texts].sort()]))
}

function isSame(a: Map<string, string[]>, b: Map<string, string[]>): boolean {
  const text = (map: Map<string, string[]>): string => JSON.stringify([...map].sort())
  return text(a) === text(b)
}

/** Networks.addressesOf. An address counts when it leads to the task: its link must be up and in the bridge. */
export async function addressesOf(parts: Parts, taskId: string): Promise<string[]> {
  const { observer, leases, namespaces } = parts
  const namespace = parts.place(taskId)
  const path = namespaces.pathOf(namespace.name)
  const places = leases.of(taskId)
  if (places.length === 0 || !namespaces.isThere(namespace.name)) return []
  const [addresses, hostLinks] = await Promise.all([
    observer.addressesIn({ name: namespace.name, path }),
    observer.hostLinks(),
  ])
  const joined = (device: string): boolean => {
    const link = namespace.links.find(({ inside }) => inside === device)
    const seen = link && hostLinks.get(link.host)
    return seen !== undefined && seen.master === link?.bridge && seen.flags.includes('UP')
  }
  const extra = new Set(places.flatMap(({ lease }) => lease.linkLocal ?? []))
  const found = addresses.flatMap((address) => {
    if (extra.has(address)) return []
    const home = places.find(({ network }) => isIn(network, address))
    if (!home) return [`?=${address}`]
    const isThere = home.network.driver !== undefined || joined(home.lease.device)
    return isThere ? [`${home.network.name}=${address}`] : []
  })
  return found.sort()
}

/** A port in the stack file's spelling, which may say 0.0.0.0 where the kernel has no address. */
function spell({ hostIp, published, protocol }: Forward, target: number, lease: Lease): string[] {
  const same = forwardKey({ hostIp, published, protocol })
  const own = lease.ports.filter((port) => port.target === target && forwardKey(port) === same)
  const spelled = own.length > 0 ? own : [{ hostIp, published, protocol, target }]
  return spelled.map(describePort)
}
