import { type Observed, tasksOf } from '../../schemas/fleet.ts'
import type { ServiceSpec, StackSpec } from '../../schemas/stack.ts'
import { isServing, type TaskStatus } from '../../schemas/task.ts'
import type { Change } from '../plan/plan.ts'

/** The task that stands for a slot at the wanted fingerprint, if any host reports one. */
export type SlotTasks = (service: string, slot: string) => TaskStatus | undefined

/** Finds tasks by service and slot (for a global service: by host), only those of the spec's own fingerprints. */
export function slotTasks(spec: StackSpec, observed: Observed): SlotTasks {
  const services = new Map(spec.services.map((service) => [service.name, service]))
  const found = new Map<string, TaskStatus>()
  for (const { task } of tasksOf(observed, spec.name)) {
    const service = services.get(task.service)
    if (service === undefined || service.fingerprint !== task.fingerprint) continue
    const key = `${task.service}/${service.mode === 'global' ? task.host : task.slot}`
    const other = found.get(key)
    if (other === undefined || !isServing(other)) found.set(key, task)
  }
  return (service, slot) => found.get(`${service}/${slot}`)
}

/** A port (`8080/tcp`) of a host that a task of the stack holds and will give up. */
export interface LeavingPort {
  port: string
  service: string
  host: string
}

/**
 * The ports that tasks hold of services that are gone, and of an older content than wanted. A host's agent gives a task
 * its ports before it starts and until it is removed, whether it serves or not.
 */
export function leavingPorts(spec: StackSpec, observed: Observed): LeavingPort[] {
  const wanted = new Map(spec.services.map((service) => [service.name, service.fingerprint]))
  return tasksOf(observed, spec.name)
    .filter(({ task }) => wanted.get(task.service) !== task.fingerprint)
    .flatMap(({ task, host }) =>
      (task.ports ?? []).map((port) => ({
        port: portOf(port),
        service: task.service,
        host: host.info.name,
      })),
    )
}

/** Those of the service's ports that other services of the stack have yet to give up where its changes go. */
export function heldPorts(
  { name, container }: ServiceSpec,
  { changes, leaving }: { changes: Change[]; leaving: LeavingPort[] },
): LeavingPort[] {
  const wanted = container.ports.map(({ published, protocol }) => `${published}/${protocol}`)
  const hosts = changes.filter(({ service }) => service === name).map(({ host }) => host)
  return leaving.filter(
    ({ port, service, host }) => service !== name && wanted.includes(port) && hosts.includes(host),
  )
}

/** `8080/tcp` of `[hostIp:]8080->80/tcp`. */
function portOf(forwarding: string): string {
  const [, published, protocol] = /(\d+)->\d+\/(\w+)$/.exec(forwarding) ?? []
  return `${published}/${protocol}`
}
