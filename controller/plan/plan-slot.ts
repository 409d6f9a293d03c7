import type { LocatedTask, Observed } from '../../schemas/fleet.ts'
import type { InventoryItem } from '../../schemas/record.ts'
import type { ServiceSpec } from '../../schemas/stack.ts'
import { isServing } from '../../schemas/task.ts'
import { countedOn, forgottenIn } from './forgotten.ts'
import type { Place } from './placement.ts'
import type { Change, Plan, Target } from './plan.ts'
import { removeTask } from './remove-task.ts'
import { type HostOf, sharedService } from './shared-network.ts'
import { newTask, slotKey } from './slots.ts'

/** A slot that a service should have, with what is in it and what is around it. */
export interface SlotInput {
  target: Target
  service: ServiceSpec
  slot: string
  tasks: LocatedTask[]
  observed: Observed
  inventory: InventoryItem[]
  owned: Set<string>
  place: Place
  hostOf: HostOf
  plan: Plan
}

/** Adds to the plan what puts a slot right: one task as it is wanted, and no other once that serves. */
export function planSlot(input: SlotInput): void {
  const { service, slot, tasks, owned, plan } = input
  const [match, ...doubles] = tasks
    .filter(({ task }) => task.fingerprint === service.fingerprint)
    .sort((a, b) => Number(owned.has(b.task.id)) - Number(owned.has(a.task.id)) || bestFirst(a, b))
  const old = tasks.filter(({ task }) => task.fingerprint !== service.fingerprint)
  if (match === undefined) {
    fillSlot(input, old)
    return
  }
  for (const double of doubles) removeTask(double, { slot, reason: 'the slot has another task', owned, plan })
  // Until the new task serves, the agent's own replace decides about the old one: it may be all that still serves.
  if (!isServing(match.task) && match.task.state !== 'complete') return
  for (const located of old) removeTask(located, { slot, reason: 'replaced', owned, plan })
}

function fillSlot(input: SlotInput, old: LocatedTask[]): void {
  const { service, slot, plan } = input
  const silent = old.find(({ host }) => host.state !== 'ready')?.host.info.name ?? silentOwner(input)
  if (silent !== undefined) {
    plan.waiting.push({
      service: service.name,
      slot,
      reason: `host ${silent}, which may still run it, does not report`,
    })
    return
  }
  const host = hostFor(input, old)
  if (host === undefined) {
    plan.waiting.push({ service: service.name, slot, reason: 'no host is ready to take it' })
    return
  }
  plan.changes.push(startTask(input, host, old))
}

/** Where a task of the slot was, is where the next one goes; who shares a network goes where that is. */
function hostFor(input: SlotInput, old: LocatedTask[]): string | undefined {
  const { service, slot, hostOf, observed } = input
  const owner = sharedService(service)
  if (owner !== undefined) {
    const host = hostOf(owner, slot)
    return host !== undefined && observed.get(host)?.state === 'ready' ? host : undefined
  }
  const [previous] = [...old].sort(bestFirst)
  return previous?.host.info.name ?? placeFor(input)
}

function startTask(input: SlotInput, host: string, old: LocatedTask[]): Change {
  const { target, service, slot, inventory } = input
  const predecessors = [...old.map((located) => located.task.id), ...forgottenIn(service, slot, inventory)]
  const task = newTask({ target, service, slot, host, predecessors })
  const here = old.filter((located) => located.host.info.name === host).map((located) => located.task.id)
  const place = { service: service.name, slot, host, serving: old.some((located) => isServing(located.task)) }
  if (here.length === 0) return { ...place, verdict: 'missing', action: { type: 'run', task } }
  const { order, deadline: healthDeadline } = service.update
  return {
    ...place,
    verdict: 'outdated',
    action: { type: 'replace', task, replaces: here.sort(), order, healthDeadline },
  }
}

/** The host that the inventory names for this slot, when nothing is heard of it. */
function silentOwner({ service, slot, inventory, observed }: SlotInput): string | undefined {
  const item = inventoryOf(service, slot, inventory)
  return item !== undefined && observed.get(item.host)?.state !== 'ready' ? item.host : undefined
}

function placeFor({ service, slot, inventory, observed, place }: SlotInput): string | undefined {
  if (service.mode === 'global') return observed.get(slot)?.state === 'ready' ? slot : undefined
  const placed = inventoryOf(service, slot, inventory)
  return placed?.host ?? place(service.name)
}

function inventoryOf(
  service: ServiceSpec,
  slot: string,
  inventory: InventoryItem[],
): InventoryItem | undefined {
  const isMeant = (item: InventoryItem) =>
    item.service === service.name && slotKey(service.mode, item) === slot
  return countedOn(inventory).find(isMeant)
}

/** Who serves comes first, then who lives longest; the id breaks the tie, so that every turn chooses alike. */
function bestFirst(a: LocatedTask, b: LocatedTask): number {
  const rank = ({ task }: LocatedTask) => (isServing(task) ? 0 : task.state === 'running' ? 1 : 2)
  return (
    rank(a) - rank(b) ||
    (a.task.startedAt ?? '~').localeCompare(b.task.startedAt ?? '~') ||
    a.task.id.localeCompare(b.task.id)
  )
}
