import { digest } from '../../../schemas/canonical.ts'
import type { PublishedPort } from '../../../schemas/network.ts'
import { isOpen, samePort } from '../../../schemas/port.ts'
import { sameService } from '../../../schemas/slot.ts'
import type { Task } from '../../../schemas/task.ts'
import { subnetsOf } from '../addresses/families.ts'
import type { Lease } from '../addresses/leases.ts'
import { forwardKey } from '../firewall/forwards.ts'
import type { Parts } from '../parts.ts'
import { readSysctl } from '../sysctl.ts'
import { checkAddresses, checkClaims, checkListeners } from './checks.ts'
import { isHeldBy, listenersOf } from './listeners.ts'
import { type PortRange, pickPorts } from './picking.ts'

/**
 * Picks the ports that the stack file leaves open and says no before anything is touched; from here on they are this
 * task's.
 * @returns the ports as they are published
 */
export async function reservePorts(parts: Parts, task: Task): Promise<PublishedPort[]> {
  const wanted = task.container.ports
  if (wanted.length === 0) return []
  checkAddresses(wanted)
  const known = parts.leases.of(task.id)[0]?.lease.ports
  const pick = known ? () => known : await picker(parts, task)
  // From here to where the ports are entered nothing is waited for: no two tasks pick the same.
  const held = heldByOthers(parts, task)
  const ports = pick(held)
  checkClaims(task, ports, held)
  const { stack, service, slot } = task
  parts.arriving.set(task.id, { device: '', stack, service, slot, ports })
  if (known) return ports
  // What is forwarded is this service's, or `checkClaims` had said no: nothing that listens there now gets anything.
  await checkOnce(
    parts,
    ports.filter((port) => !parts.traffic.forwards.some((forward) => samePort(forward, port))),
  )
  return ports
}

type Held = [taskId: string, lease: Lease][]

function heldByOthers({ leases, arriving }: Parts, task: Task): Held {
  return [...leases.networks().flatMap((network) => Object.entries(network.leases)), ...arriving].filter(
    ([taskId]) => taskId !== task.id,
  )
}

/** Looks at the host, and gives what picks the ports with what other tasks have at that moment. */
async function picker(parts: Parts, task: Task): Promise<(held: Held) => PublishedPort[]> {
  const wanted = task.container.ports
  if (!wanted.some(isOpen)) return () => wanted
  const [listeners, ephemeral] = await Promise.all([
    listenersOf(wanted, parts.proc, parts.leases.networks().flatMap(subnetsOf)),
    ephemeralPorts(parts.prefix),
  ])
  return (held) =>
    pickPorts(wanted, {
      others: held.flatMap(([, lease]) => (sameService(task, lease) ? lease.ports : [])),
      isTaken: (port) =>
        held.some(([, lease]) => lease.ports.some((other) => samePort(other, port))) ||
        listeners.some((listener) => isHeldBy(listener, port)),
      ephemeral,
      seed: Number.parseInt(digest([task.stack, task.service], 8), 16),
    })
}

async function ephemeralPorts(prefix: string[]): Promise<PortRange> {
  const [first = 32_768, last = 60_999] = (await readSysctl(prefix, 'net/ipv4/ip_local_port_range'))
    .trim()
    .split(/\s+/)
    .map(Number)
  return { first, last }
}

/** Tasks that come with the same ports at the same time have one look between them. */
async function checkOnce({ checking, proc, leases }: Parts, ports: PublishedPort[]): Promise<void> {
  if (ports.length === 0) return
  const key = ports.map(forwardKey).sort().join()
  const check =
    checking.get(key) ??
    checkListeners(ports, proc, leases.networks().flatMap(subnetsOf)).finally(() => checking.delete(key))
  checking.set(key, check)
  await check
}
