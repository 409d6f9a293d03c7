import { type Observed, tasksOf } from '../../schemas/fleet.ts'
import type { InventoryItem, StackRecord } from '../../schemas/record.ts'
import type { Change } from '../plan/plan.ts'

/** How long, in milliseconds, a task that was asked for may stay unseen before it leaves the inventory. */
const UNSEEN_KEPT = 5 * 60_000

/** How long, in milliseconds, a task that was forgotten with its host is remembered, for the case that it comes back. */
const FORGOTTEN_KEPT = 365 * 24 * 60 * 60_000

/**
 * The inventory after a step. What is asked for is in it before it is asked for; what could not be removed stays
 * in it; a task leaves it when the host that had it reports without it (law 9).
 */
export function nextInventory(
  { name, inventory }: Pick<StackRecord, 'name' | 'inventory'>,
  { release, observed, now }: { release: Change[]; observed: Observed; now: Date },
): InventoryItem[] {
  const seen = new Set(tasksOf(observed, name).map(({ task }) => task.id))
  const kept = inventory.flatMap((item): InventoryItem[] => {
    if (seen.has(item.taskId)) return [item.seen ? item : { ...item, seen: true }]
    const unheard = observed.get(item.host)?.state !== 'ready'
    const fresh = !item.seen && now.getTime() - Date.parse(item.at) < UNSEEN_KEPT
    return (unheard && !isPast(item, now)) || fresh ? [item] : []
  })
  const known = new Set(kept.map((item) => item.taskId))
  return [
    ...kept,
    ...release.flatMap((change) => asked(change, now)).filter((item) => !known.has(item.taskId)),
  ]
}

/** True when nothing has to wait for the tasks of a stack that is wanted no more: none is there, or only with a host that is gone. */
export function isEmpty(inventory: InventoryItem[], observed: Observed): boolean {
  return inventory.every(({ forgotten, host }) => forgotten !== undefined && !observed.has(host))
}

function isPast({ forgotten }: InventoryItem, now: Date): boolean {
  return forgotten !== undefined && now.getTime() - Date.parse(forgotten) >= FORGOTTEN_KEPT
}

function asked({ action, host }: Change, now: Date): InventoryItem[] {
  if (action.type === 'remove') return []
  const { id, service, slot } = action.task
  return [{ taskId: id, service, slot, host, at: now.toISOString(), seen: false }]
}
