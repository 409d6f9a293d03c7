import type { Observed } from '../../schemas/fleet.ts'
import { type HostPort, isOpen, parsePort, samePort } from '../../schemas/port.ts'
import { sameService } from '../../schemas/slot.ts'
import type { ServiceSpec, StackSpec } from '../../schemas/stack.ts'
import type { TaskStatus } from '../../schemas/task.ts'

/** A port of a host that a task holds and will give up. */
export interface LeavingPort {
  port: HostPort
  stack: string
  service: string
  taskId: string
  host: string
}

/** What is wanted of a stack: null when it is to go, undefined for one that this controller does not know. */
export type WantedOf = (stack: string) => StackSpec | null | undefined

/** The ports of a host that are to be given up, of all its stacks. */
export type LeavingOn = (host: string) => LeavingPort[]

/**
 * The ports that tasks hold of stacks and services that are gone, and of an older content that the newer one does not
 * publish. A host's agent gives a task its ports before it starts and until it is removed, whether it serves or not.
 */
export function leavingPorts(observed: Observed, wantedOf: WantedOf): LeavingOn {
  const known = new Map<string, LeavingPort[]>()
  return (host) => {
    const ports =
      known.get(host) ?? (observed.get(host)?.tasks ?? []).flatMap((task) => leaving(task, wantedOf))
    known.set(host, ports)
    return ports
  }
}

/** Those of a service's ports that other services, also of other stacks, have yet to give up where it is to run. */
export function heldPorts(
  stack: string,
  service: ServiceSpec,
  { hosts, leavingOn }: { hosts: Iterable<string>; leavingOn: LeavingOn },
): LeavingPort[] {
  const own = { stack, service: service.name }
  const fixed = service.container.ports.filter((port) => !isOpen(port)) // of a range its host picks one that is free
  if (fixed.length === 0) return []
  return [...new Set(hosts)].flatMap((host) =>
    leavingOn(host).filter(
      (held) => !sameService(held, own) && fixed.some((port) => samePort(port, held.port)),
    ),
  )
}

function leaving({ id, stack, service, host, fingerprint, ports = [] }: TaskStatus, wantedOf: WantedOf) {
  const held = ports.flatMap((text) => parsePort(text) ?? [])
  const wanted = held.length === 0 ? undefined : wantedOf(stack)
  if (wanted === undefined) return []
  const next = wanted?.services.find(({ name }) => name === service)
  if (next?.fingerprint === fingerprint) return []
  return held
    .filter((port) => next === undefined || !mayKeep(next, port))
    .map((port): LeavingPort => ({ port, stack, service, taskId: id, host }))
}

/** True when a task of the service may have the port also in what it is to become. */
function mayKeep({ container }: ServiceSpec, held: HostPort): boolean {
  return container.ports.some(({ published, publishedEnd = published, ...port }) => {
    const isAmong = published === 0 || (held.published >= published && held.published <= publishedEnd)
    return isAmong && samePort({ ...port, published: held.published }, held)
  })
}
