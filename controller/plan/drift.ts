import { type Observed, tasksOf } from '../../schemas/fleet.ts'
import type { InventoryItem } from '../../schemas/record.ts'
import type { DriftedField } from '../../schemas/status.ts'
import type { TaskFacts, TaskStatus } from '../../schemas/task.ts'

/** What of a stack the kernel shows otherwise than it was set up, task by task and field by field. */
export function driftOf(stack: string, observed: Observed): DriftedField[] {
  return tasksOf(observed, stack).flatMap(({ task, host }) =>
    host.state === 'ready' ? compareFacts(task).map((difference) => ({ ...place(task), ...difference })) : [],
  )
}

/** The containers that carry Setpoint's label and that no journal knows, but that the stack's inventory claims. */
export function straysOf(
  inventory: InventoryItem[],
  observed: Observed,
): { containerId: string; host: string }[] {
  const owned = new Map(inventory.map((item) => [item.taskId, item.host]))
  return [...observed.values()].flatMap((host) =>
    host.strays
      .filter((stray) => owned.get(stray.containerId) === host.info.name)
      .map((stray) => ({ containerId: stray.containerId, host: host.info.name })),
  )
}

function compareFacts(task: TaskStatus): Omit<DriftedField, 'service' | 'taskId' | 'host'>[] {
  const { wanted, found, unhealed = [] } = task
  if (task.state !== 'running' || wanted === undefined || found === undefined) return []
  return (Object.keys(wanted) as (keyof TaskFacts)[]).flatMap((field) => {
    const [is, should] = [show(found[field]), show(wanted[field])]
    const isUnhealed = unhealed.includes(field)
    return is === should ? [] : [{ field, wanted: should, found: is, ...(isUnhealed && { isUnhealed }) }]
  })
}

function place(task: TaskStatus): Pick<DriftedField, 'service' | 'taskId' | 'host'> {
  return { service: task.service, taskId: task.id, host: task.host }
}

function show(value: TaskFacts[keyof TaskFacts]): string {
  if (Array.isArray(value)) return value.join(' ') || 'none'
  return value === null ? 'unlimited' : String(value)
}
