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
