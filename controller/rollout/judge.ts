import type { Failure, Revision, Rollout, ServiceProgress } from '../../schemas/record.ts'
import { slotInStack } from '../../schemas/slot.ts'
import type { ServiceSpec } from '../../schemas/stack.ts'
import type { TaskStatus } from '../../schemas/task.ts'
import type { Change, Plan } from '../plan/plan.ts'
import type { Refusal } from '../queue/refusals.ts'
import type { SlotTasks } from './slot-tasks.ts'
import { failureOf, failureOfFound, isDone, lateness, type Reason } from './task-failure.ts'
import { isProven, untouchedSlots, untouchedUntil } from './untouched.ts'

/** What is to be done about the failures of a service. */
export interface Judgement {
  service: string
  progress: ServiceProgress
  /** `go on regardless`: more has failed than is allowed, and the service wants that (`failure_action: continue`). */
  verdict: 'go on' | 'go on regardless' | 'pause' | 'roll back'
  cause?: Failure
}

interface At {
  plan: Plan
  slots: Map<string, string[]>
  tasks: SlotTasks
  /** The last healthy revision. */
  healthy: Revision | null
  /** Why the host of a change will never do it. */
  refusalOf: (change: Change) => Refusal | undefined
  now: Date
}

const VERDICTS = { continue: 'go on regardless', pause: 'pause', rollback: 'roll back' } as const

/**
 * Judges a service of a rollout. Every slot that was let go is held to the same deadline, each failed task counts
 * once and stays counted (Swarm drops some). More than `max_failure_ratio` of the slots that move is too many. A task
 * that was found as it is wanted, but that no healthy revision has had, counts like one that was moved.
 */
export function judge(service: ServiceSpec, rollout: Rollout, at: At): Judgement {
  const before = rollout.services[service.name] ?? { released: {}, failures: [] }
  const trials = trialsOf(service, rollout, at)
  const failures = [...before.failures, ...newFailures(service, trials, { ...at, before })]
  const progress = { ...before, failures }
  const cause = failures.at(-1)
  const tried = [...Object.keys(before.released), ...slotsToChange(service, at.plan)]
  const moving = new Set([...tried, ...trials.map(({ slot }) => slot)]).size
  const tooMany = failures.length / Math.max(moving, 1) > service.update.maxFailureRatio
  if (cause === undefined || !tooMany) return { service: service.name, progress, verdict: 'go on' }
  return { service: service.name, progress, verdict: VERDICTS[service.update.failureAction], cause }
}

/**
 * True when a slot needs no more waiting: done, failed within what the service allows, or not moved by this rollout,
 * since what is there is as wanted.
 */
export function isSettled(
  progress: ServiceProgress | undefined,
  slot: string,
  task: TaskStatus | undefined,
): boolean {
  if (isDone(task)) return true
  if (progress?.failures.some(({ service, taskId }) => taskId === countedAs({ service, slot }, task)))
    return true
  return task !== undefined && !(slot in (progress?.released ?? {}))
}

/** What the failure of a slot is counted under: its task, or the slot itself where none is as it is wanted. */
export function countedAs(place: Pick<Change, 'service' | 'slot'>, task?: TaskStatus): string {
  return task?.id ?? slotInStack(place)
}

/** The slots let go that are still wanted: a newer commit may have fewer. */
export function releasedSlots({ released }: ServiceProgress, wanted: string[] = []): string[] {
  return wanted.filter((slot) => slot in released)
}

function slotsToChange(service: ServiceSpec, plan: Plan): string[] {
  return plan.changes
    .filter((change) => change.service === service.name && change.verdict !== 'surplus')
    .map((change) => change.slot)
}

/** A slot whose task has to prove itself: what counts as its failure, and until when it must serve. */
interface Trial {
  slot: string
  why: (task: TaskStatus | undefined) => Reason | undefined
  until: Date | undefined
}

function trialsOf(service: ServiceSpec, rollout: Rollout, at: At): Trial[] {
  const progress = rollout.services[service.name] ?? { released: {}, failures: [] }
  const released = releasedSlots(progress, at.slots.get(service.name))
  const found = isProven(service, at.healthy) ? [] : untouchedSlots(service, rollout, at)
  const refused = (slot: string) => {
    const letGo = progress.released[slot] ?? ''
    const isOfEarlier = letGo < rollout.startedAt // what a rollout before it let go is sent anew
    return refusalIn({ service: service.name, slot }, isOfEarlier ? rollout.startedAt : letGo, at)
  }
  const batchEnd = progress.deadline === undefined ? undefined : new Date(progress.deadline)
  return [
    ...released.map((slot) => ({
      slot,
      why: (task: TaskStatus | undefined) => failureOf(task) ?? (task ? undefined : refused(slot)),
      until: batchEnd,
    })),
    ...found.map((slot) => ({ slot, why: failureOfFound, until: untouchedUntil(service, rollout) })),
  ]
}

/** Nobody has to wait for what its host has refused since it was let go: it would do so again. */
function refusalIn(
  { service, slot }: Pick<Change, 'service' | 'slot'>,
  since: string,
  { plan, refusalOf }: At,
): Reason | undefined {
  const change = plan.changes.find(
    (one) => one.service === service && one.slot === slot && one.verdict !== 'surplus',
  )
  const refusal = change && refusalOf(change)
  if (change === undefined || refusal === undefined || refusal.at < since) return undefined
  return { code: refusal.code, message: `On ${change.host}: ${refusal.message}` }
}

/** The tasks on trial that have failed and are not counted yet. */
function newFailures(
  { name, update }: ServiceSpec,
  trials: Trial[],
  { before, tasks, now }: { before: ServiceProgress; tasks: SlotTasks; now: Date },
): Failure[] {
  const known = new Set(before.failures.map((failure) => failure.taskId))
  return trials.flatMap(({ slot, why, until }) => {
    const task = tasks(name, slot)
    const place = placeOf(name, slot, task)
    if (known.has(place.taskId)) return []
    const isOver = until !== undefined && now >= until
    const reason = why(task) ?? (isOver ? lateness(task, update.deadline) : undefined)
    return reason === undefined ? [] : [{ ...place, ...reason, at: now.toISOString() }]
  })
}

function placeOf(service: string, slot: string, task: TaskStatus | undefined) {
  return {
    service,
    slot: task?.slot ?? (Number(slot) || 1),
    taskId: countedAs({ service, slot }, task),
    host: task?.host ?? '',
  }
}
