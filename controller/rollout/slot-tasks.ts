import { type Observed, tasksOf } from '../../schemas/fleet.ts'
import type { StackSpec } from '../../schemas/stack.ts'
import { isServing, type TaskStatus } from '../../schemas/task.ts'

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

/**
 * The ports (`8080/tcp`) that tasks of the stack hold and will give up, with the service that holds each: tasks of
 * services that are gone, and of an older content than wanted.
 */
export function leavingPorts(spec: StackSpec, observed: Observed): Map<string, string> {
  const wanted = new Map(spec.services.map((service) => [service.name, service.fingerprint]))
  const leaving = tasksOf(observed, spec.name).filter(
    ({ task }) => wanted.get(task.service) !== task.fingerprint,
  )
  return new Map(
    leaving.flatMap(({ task }) =>
      (task.wanted?.ports ?? []).map((port) => [portOf(port), task.service] as const),
    ),
  )
}

/** `8080/tcp` of `[hostIp:]8080->80/tcp`. */
function portOf(forwarding: string): string {
  const [, published, protocol] = /(\d+)->\d+\/(\w+)$/.exec(forwarding) ?? []
  return `${published}/${protocol}`
}
