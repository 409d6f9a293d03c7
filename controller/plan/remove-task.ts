import type { LocatedTask } from '../../schemas/fleet.ts'
import { isServing } from '../../schemas/task.ts'
import type { Plan } from './plan.ts'

interface Removal {
  slot: string
  reason: string
  /** The ids of the tasks that the inventory claims. */
  owned: Set<string>
  plan: Plan
}

/** Adds the removal of a task to the plan, or why it cannot be removed now (law 9). */
export function removeTask({ task, host }: LocatedTask, { slot, reason, owned, plan }: Removal): void {
  const place = { service: task.service, slot, host: host.info.name }
  if (!owned.has(task.id)) {
    plan.waiting.push({
      ...place,
      reason: `${task.id} is not in the inventory: Setpoint did not put it there and leaves it`,
    })
  } else if (host.state !== 'ready') {
    plan.waiting.push({
      ...place,
      reason: `host ${host.info.name} does not report; ${task.id} is removed when it does`,
    })
  } else {
    plan.changes.push({
      ...place,
      verdict: 'surplus',
      serving: isServing(task),
      action: { type: 'remove', taskId: task.id, stack: task.stack, reason },
    })
  }
}
