import type { ActionOf } from '../../schemas/action.ts'
import { type LocatedTask, type Observed, tasksOf } from '../../schemas/fleet.ts'
import type { InventoryItem, Revision } from '../../schemas/record.ts'
import type { ServiceSpec, StackSpec } from '../../schemas/stack.ts'
import { isServing } from '../../schemas/task.ts'
import { type Place, placer } from './placement.ts'
import { type HostOf, hostFinder, ownersFirst, sharedService } from './shared-network.ts'
import { newTask, slotKey } from './slots.ts'

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
export function planStack(target: Target, observed: Observed, inventory: InventoryItem[]): Plan {
  const tasks = tasksOf(observed, target.stack)
  const plan: Plan = { changes: [], waiting: [] }
  const owned = new Set(inventory.map((item) => item.taskId))
  const place = placer(observed)
  const bySlot = groupBySlot(tasks, target.spec)
  const hostOf = hostFinder({ bySlot: new Map(bySlot), inventory, plan })
  for (const service of ownersFirst(target.spec?.services ?? [])) {
    for (const slot of wantedSlots(service, observed)) {
      const key = `${service.name}/${slot}`
      planSlot({
        target,
        service,
        slot,
        tasks: bySlot.get(key) ?? [],
        observed,
        inventory,
        owned,
        place,
        hostOf,
        plan,
      })
      bySlot.delete(key)
    }
  }
  for (const [key, surplus] of bySlot) {
    for (const located of surplus)
      removeTask(located, key.slice(key.indexOf('/') + 1), 'no longer wanted', owned, plan)
  }
  return plan
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

interface SlotInput {
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

function planSlot(input: SlotInput): void {
  const { service, slot, tasks, owned, plan } = input
  const [match, ...doubles] = tasks
    .filter(({ task }) => task.fingerprint === service.fingerprint)
    .sort(bestFirst)
  const old = tasks.filter(({ task }) => task.fingerprint !== service.fingerprint)
  if (match === undefined) {
    fillSlot(input, old)
    return
  }
  for (const double of doubles) removeTask(double, slot, 'the slot has another task', owned, plan)
  // Until the new task serves, the agent's own replace decides about the old one: it may be all that still serves.
  if (!isServing(match.task) && match.task.state !== 'complete') return
  for (const located of old) removeTask(located, slot, 'replaced', owned, plan)
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

function startTask({ target, service, slot }: SlotInput, host: string, old: LocatedTask[]): Change {
  const task = newTask({ target, service, slot, host, predecessors: old.map((located) => located.task.id) })
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
  return inventory.find((item) => item.service === service.name && slotKey(service.mode, item) === slot)
}

function removeTask(
  { task, host }: LocatedTask,
  slot: string,
  reason: string,
  owned: Set<string>,
  plan: Plan,
): void {
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

/** Who serves comes first, then who lives longest; the id breaks the tie, so that every turn chooses alike. */
function bestFirst(a: LocatedTask, b: LocatedTask): number {
  const rank = ({ task }: LocatedTask) => (isServing(task) ? 0 : task.state === 'running' ? 1 : 2)
  return (
    rank(a) - rank(b) ||
    (a.task.startedAt ?? '~').localeCompare(b.task.startedAt ?? '~') ||
    a.task.id.localeCompare(b.task.id)
  )
}
