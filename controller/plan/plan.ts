import type { ActionOf } from '../../schemas/action.ts'
import { type LocatedTask, type Observed, tasksOf } from '../../schemas/fleet.ts'
import type { InventoryItem, Revision } from '../../schemas/record.ts'
import type { ServiceSpec, StackSpec } from '../../schemas/stack.ts'
import { countedOn, returnedTasks, withoutForgotten } from './forgotten.ts'
import { placer } from './placement.ts'
import { planSlot } from './plan-slot.ts'
import { removeTask } from './remove-task.ts'
import { hostFinder, ownersFirst } from './shared-network.ts'
import { slotKey } from './slots.ts'

/** Why a slot is not as it should be. */
export type Verdict = 'missing' | 'outdated' | 'surplus'

/** One slot and the action that puts it right. */
export interface Change {
  service: string
  /** The slot's number, or for a global service its host. */
  slot: string
  host: string
  verdict: Verdict
  /** True while another task serves in the slot: to move it makes the service smaller for a moment. */
  serving: boolean
  action: ActionOf<'run'> | ActionOf<'replace'> | ActionOf<'remove'>
}

/** A slot that cannot be put right now, and why, for people. */
export interface Waiting {
  service: string
  slot: string
  reason: string
}

/** What turns observed into desired. Empty on a converged fleet (law 2). */
export interface Plan {
  changes: Change[]
  waiting: Waiting[]
}

/** What a stack should be; a null spec wants nothing of it. */
export interface Target {
  stack: string
  revision: string
  spec: StackSpec | null
}

/**
 * The changes that turn what the fleet runs of a stack into its target. A host that does not answer is left alone,
 * and so is a slot that may still run there: unknown is not empty. Only what the inventory claims is removed.
 */
export function planStack(target: Target, seen: Observed, inventory: InventoryItem[]): Plan {
  const plan: Plan = { changes: [], waiting: [] }
  const observed = withoutForgotten(seen, inventory)
  const owned = new Set(inventory.map((item) => item.taskId))
  const bySlot = groupBySlot(tasksOf(observed, target.stack), target.spec)
  const hostOf = hostFinder({ bySlot: new Map(bySlot), inventory: countedOn(inventory), plan })
  const around = { target, observed, inventory, owned, place: placer(observed, target.stack), hostOf, plan }
  for (const service of ownersFirst(target.spec?.services ?? [])) {
    for (const slot of wantedSlots(service, observed)) {
      const key = `${service.name}/${slot}`
      planSlot({ ...around, service, slot, tasks: bySlot.get(key) ?? [] })
      bySlot.delete(key)
    }
  }
  for (const [key, surplus] of bySlot) {
    const slot = key.slice(key.indexOf('/') + 1)
    for (const located of surplus) removeTask(located, { slot, reason: 'no longer wanted', owned, plan })
  }
  const returned = returnedTasks(target.stack, seen, inventory)
  for (const located of returned) {
    const slot = String(located.task.slot)
    removeTask(located, { slot, reason: 'forgotten with its host', owned, plan })
  }
  return { ...plan, changes: plan.changes.filter((change) => !isHeldUp(change, returned)) }
}

/** A task that was forgotten with its host goes before another one has its place there: they may share a volume. */
function isHeldUp({ verdict, service, host }: Change, returned: LocatedTask[]): boolean {
  return (
    verdict === 'missing' &&
    returned.some(({ task, host: { info } }) => task.service === service && info.name === host)
  )
}

/** Every slot that a revision wants, by service. */
export function slotsOf(wanted: Revision | null, observed: Observed): Map<string, string[]> {
  return new Map(wanted?.spec.services.map((service) => [service.name, wantedSlots(service, observed)]))
}

/** The slots that a service should have: 1..replicas, or every host that takes work. */
export function wantedSlots(service: ServiceSpec, observed: Observed): string[] {
  if (service.mode === 'replicated') return Array.from({ length: service.replicas }, (_, i) => String(i + 1))
  return [...observed.values()]
    .filter((host) => host.info.availability !== 'drain')
    .map((host) => host.info.name)
    .sort()
}

/** The target as a revision, for what needs a spec. */
export function targetOf(stack: string, revision: Revision | null): Target {
  return { stack, revision: revision?.revision ?? '', spec: revision?.spec ?? null }
}

function groupBySlot(tasks: LocatedTask[], spec: StackSpec | null): Map<string, LocatedTask[]> {
  const modes = new Map(spec?.services.map((service) => [service.name, service.mode]))
  const groups = new Map<string, LocatedTask[]>()
  for (const located of tasks) {
    const { task } = located
    const key = `${task.service}/${slotKey(modes.get(task.service) ?? 'replicated', task)}`
    const group = groups.get(key)
    if (group) group.push(located)
    else groups.set(key, [located])
  }
  return groups
}
