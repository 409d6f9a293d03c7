import { SetpointError } from '../../../schemas/error.ts'
import type { PublishedPort } from '../../../schemas/network.ts'
import { describeHost, describePort, familiesOf, samePort } from '../../../schemas/port.ts'
import { sameService } from '../../../schemas/slot.ts'
import type { Task } from '../../../schemas/task.ts'
import type { Cidr } from '../addresses/cidr.ts'
import type { Lease } from '../addresses/leases.ts'
import type { Attachment } from '../networks.ts'
import { isHeldBy, listenersOf, processWith } from './listeners.ts'

/**
 * Throws NETWORK_FAILED for a port whose address the rules cannot have: they are put in force all together, so that one
 * bad rule would keep the ports of every other task out.
 */
export function checkAddresses(ports: PublishedPort[]): void {
  const bad = ports.find((port) => familiesOf(port).length === 0)
  if (bad === undefined) return
  const port = `${bad.published}->${bad.target}/${bad.protocol}`
  const message = `Port ${port} cannot be published on ${JSON.stringify(bad.hostIp)}: that is no IP address.`
  throw new SetpointError('NETWORK_FAILED', message, {
    hint: 'Give an IP address of the host under `ports`, or none to publish it on every address.',
  })
}

/**
 * Throws PORT_IN_USE when another task holds one of the ports. Tasks of one service share theirs, unless each is to have
 * it to itself (`mode: host`); a task that replaces another has the same slot and takes over what that one had.
 * @param leases everybody's, by task id
 */
export function checkClaims(
  task: Task,
  ports: PublishedPort[],
  leases: [taskId: string, lease: Lease][],
): void {
  for (const [taskId, other] of leases) {
    const own = sameService(task, other)
    for (const port of ports) {
      if (own && (port.mode !== 'host' || other.slot === task.slot)) continue
      if (!other.ports.some((held) => samePort(held, port))) continue
      if (own) throw heldByNeighbour(port, `${task.stack}/${task.service}.${other.slot ?? taskId}`)
      throw inUse(port, `task ${taskId} of service ${other.stack}/${other.service}`)
    }
  }
}

/**
 * Throws NETWORK_FAILED for a port on an address of a family that the task has no address of: what comes in by IPv6 cannot
 * go on by IPv4.
 */
export function checkFamilies(
  ports: PublishedPort[],
  { addresses, addresses6 = {} }: Pick<Attachment, 'addresses' | 'addresses6'>,
): void {
  const has = { ip: Object.keys(addresses).length > 0, ip6: Object.keys(addresses6).length > 0 }
  if (!has.ip && !has.ip6) return // no network: nothing is published, and nothing is expected to be
  const lost = ports.find((port) => !familiesOf(port).some((family) => has[family]))
  if (lost === undefined) return
  const [name, setting] = has.ip ? ['IPv6', 'enable_ipv6: true'] : ['IPv4', 'enable_ipv4: true']
  const message = `Port ${describePort(lost)} is on an ${name} address, and no network of the task has ${name}.`
  throw new SetpointError('NETWORK_FAILED', message, {
    hint: `Set \`${setting}\` on a network of the service, or publish the port on another address.`,
  })
}

/** Throws PORT_IN_USE for a range of which every port is held. */
export function noneFree({ published, publishedEnd, target, protocol }: PublishedPort): never {
  const range = published === 0 ? 'the ephemeral ports of the host' : `${published}-${publishedEnd}`
  throw new SetpointError('PORT_IN_USE', `None of ${range} is free for port ${target}/${protocol}.`, {
    hint: 'See what holds them with `ss -ltunp`, or name a longer range under `ports`.',
  })
}

/**
 * Throws PORT_IN_USE when a process of the host listens on one of the ports, naming it where /proc tells.
 * @param proc the folder of a process in the host's network namespace, `/proc/self`
 * @param own the agent's subnets: its name servers there are in nobody's way
 */
export async function checkListeners(ports: PublishedPort[], proc: string, own: Cidr[]): Promise<void> {
  const listeners = await listenersOf(ports, proc, own)
  for (const port of ports) {
    const holder = listeners.find((listener) => isHeldBy(listener, port))
    if (holder) throw inUse(port, await processWith(holder.inode))
  }
}

function heldByNeighbour({ published, protocol }: PublishedPort, holder: string): SetpointError {
  const message = `Port ${published}/${protocol} is held by ${holder}: with mode: host each task has its port to itself.`
  return new SetpointError('PORT_IN_USE', message, {
    hint: 'Run one task of the service on each host, leave out `published` or give a range, or take `mode: ingress`.',
  })
}

function inUse(port: PublishedPort, holder: string): SetpointError {
  const name = `${describeHost(port)}${port.published}/${port.protocol}`
  return new SetpointError('PORT_IN_USE', `Port ${name} is held by ${holder}.`, {
    hint: 'Stop what holds the port, or publish another one under `ports`.',
  })
}
