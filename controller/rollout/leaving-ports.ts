import { type Observed, tasksOf } from '../../schemas/fleet.ts'
import { type HostPort, isOpen, parsePort, samePort } from '../../schemas/port.ts'
import type { ServiceSpec, StackSpec } from '../../schemas/stack.ts'
import type { Change } from '../plan/plan.ts'

/** A port of a host that a task of the stack holds and will give up. */
export interface LeavingPort {
  port: HostPort
  service: string
  taskId: string
  host: string
}

/**
 * The ports that tasks hold of services that are gone, and of an older content that the newer one does not publish. A
 * host's agent gives a task its ports before it starts and until it is removed, whether it serves or not.
 */
export function leavingPorts(spec: StackSpec, observed: Observed): LeavingPort[] {
  const services = new Map(spec.services.map((service) => [service.name, service]))
  return tasksOf(observed, spec.name).flatMap(({ task, host }) => {
    const service = services.get(task.service)
    if (service?.fingerprint === task.fingerprint) return []
    const held = (task.ports ?? []).flatMap((text) => parsePort(text) ?? [])
    return held
      .filter((port) => service === undefined || !mayKeep(service, port))
      .map((port) => ({ port, service: task.service, taskId: task.id, host: host.info.name }))
  })
}

/** Those of the service's ports that other services of the stack have yet to give up where its changes go. */
export function heldPorts(
  service: ServiceSpec,
  { changes, leaving }: { changes: Change[]; leaving: LeavingPort[] },
): LeavingPort[] {
  const hosts = new Set(changes.map(({ host }) => host))
  return leaving.filter(
    ({ port, service: holder, host }) => holder !== service.name && hosts.has(host) && needs(service, port),
  )
}

/** True when the service asks for this very port: of a range, and of all there are, its host picks one that is free. */
function needs({ container }: ServiceSpec, held: HostPort): boolean {
  return container.ports.some((port) => !isOpen(port) && samePort(port, held))
}

/** True when a task of the service may have the port also in what it is to become. */
function mayKeep({ container }: ServiceSpec, held: HostPort): boolean {
  return container.ports.some(({ published, publishedEnd = published, ...port }) => {
    const isAmong = published === 0 || (held.published >= published && held.published <= publishedEnd)
    return isAmong && samePort({ ...port, published: held.published }, held)
  })
}
