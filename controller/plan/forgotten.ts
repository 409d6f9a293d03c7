import type { LocatedTask, Observed } from '../../schemas/fleet.ts'
import { tasksOf } from '../../schemas/fleet.ts'
import type { InventoryItem } from '../../schemas/record.ts'
import type { ServiceSpec } from '../../schemas/stack.ts'
import { slotKey } from './slots.ts'

/** What is still counted on: without the tasks of hosts that a person has declared gone. */
export function countedOn(inventory: InventoryItem[]): InventoryItem[] {
  return inventory.filter(({ forgotten }) => forgotten === undefined)
}

/**
 * The fleet without tasks that were forgotten with their host: they fill no slot, also where the host has come back. The
 * same object when there is none.
 */
export function withoutForgotten(observed: Observed, inventory: InventoryItem[]): Observed {
  const ids = forgottenIds(inventory)
  const has = [...observed.values()].filter(({ tasks }) => tasks.some(({ id }) => ids.has(id)))
  if (ids.size === 0 || has.length === 0) return observed
  const rest = has.map((host) => ({ ...host, tasks: host.tasks.filter(({ id }) => !ids.has(id)) }))
  return new Map([...observed, ...rest.map((host) => [host.info.name, host] as const)])
}

/** Tasks that were forgotten with their host, where that has come back: others are in their place. */
export function returnedTasks(stack: string, observed: Observed, inventory: InventoryItem[]): LocatedTask[] {
  const ids = forgottenIds(inventory)
  if (ids.size === 0) return []
  return tasksOf(observed, stack).filter(({ task, host }) => ids.has(task.id) && host.state === 'ready')
}

/** The tasks of a slot that were forgotten: what follows them is another task, or two would have one id. */
export function forgottenIn({ name, mode }: ServiceSpec, slot: string, inventory: InventoryItem[]): string[] {
  return inventory
    .filter((item) => item.forgotten !== undefined && item.service === name && slotKey(mode, item) === slot)
    .map(({ taskId }) => taskId)
}

function forgottenIds(inventory: InventoryItem[]): Set<string> {
  return new Set(inventory.flatMap(({ taskId, forgotten }) => (forgotten === undefined ? [] : [taskId])))
}
