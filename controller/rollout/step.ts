import type { Observed } from '../../schemas/fleet.ts'
import type { Rollout, StackRecord } from '../../schemas/record.ts'
import { shortRevision } from '../../schemas/revision.ts'
import { slotInStack } from '../../schemas/slot.ts'
import type { Change, Plan } from '../plan/plan.ts'
import type { Refusal } from '../queue/refusals.ts'
import { advanceService, isOfGoneService, type Moved } from './advance.ts'
import { blockage, blockedFailure, blockedUntil, sinceBlocked } from './blocked.ts'
import { endCircle } from './end-circle.ts'
import { arrive, explain, pause, stall, turnBack } from './endings.ts'
import { countedAs, isSettled, type Judgement, judge } from './judge.ts'
import { findLeaving, type LeavingOn, type WantedOf } from './leaving.ts'
import { type SlotTasks, slotTasks } from './slot-tasks.ts'
import { steady } from './steady.ts'
import { awaitedUntil } from './untouched.ts'

/** What a step asks about that is not of its stack alone. */
export interface Around {
  /** Why the host of a change will never do it. */
  refusalOf: (change: Change) => Refusal | undefined
  /** What is wanted of other stacks: they may have to give something up. */
  wantedOf: WantedOf
}

export interface StepInput extends Around {
  record: StackRecord
  /** The plan towards `wantedRevision(record)`. */
  plan: Plan
  /** Every slot that the wanted revision has, by service. */
  slots: Map<string, string[]>
  observed: Observed
  now: Date
}

/** Milliseconds after which a stack that waits for another one looks again: what that one does does not wake it. */
const LOOK_AGAIN = 1000

export interface Step {
  record: StackRecord
  /** What may happen now. A change is let go again in later steps until it is seen to have happened. */
  release: Change[]
  /** When the stack needs another turn even if nothing is reported; null: only when something is. */
  wakeAt: Date | null
}

/** One step of a stack: let the next changes go, wait, pause, turn back, or find that it has arrived. Pure. */
export function step(input: StepInput): Step {
  const { rollout } = input.record
  if (rollout === null) return steady(input)
  if (rollout.phase === 'paused') return { record: input.record, release: [], wakeAt: null }
  const tasks = slotTasks(rollout.to.spec, input.observed)
  const { healthy } = input.record
  const judgements = rollout.to.spec.services.map((service) =>
    judge(service, rollout, { ...input, tasks, healthy }),
  )
  const judged = { ...input, record: remember(input.record, rollout, judgements) }
  const failed = judgements.find(({ verdict }) => verdict === 'pause' || verdict === 'roll back')
  if (failed !== undefined) return end(judged, rollout, failed)
  const hasFailed = judgements.some(({ verdict }) => verdict === 'go on regardless')
  return advance(judged, { tasks, hasFailed })
}

/** The record with every failure found so far: none is ever dropped (law 8). */
function remember(record: StackRecord, rollout: Rollout, judgements: Judgement[]): StackRecord {
  const services = judgements.map(({ service, progress }) => [service, progress] as const)
  return { ...record, rollout: { ...rollout, services: Object.fromEntries(services) } }
}

function end({ record, now }: StepInput, rollout: Rollout, { verdict, cause }: Judgement): Step {
  if (cause === undefined) throw new Error('a judgement that ends a rollout has a cause')
  if (verdict === 'pause' || rollout.direction === 'back') return pause(record, cause, now)
  return record.healthy === null
    ? stall(record, cause, now)
    : turnBack(record, record.healthy, { cause, now })
}

function advance(input: StepInput, judged: { tasks: SlotTasks; hasFailed: boolean }): Step {
  const { record, plan, now } = input
  const { tasks } = judged
  const rollout = record.rollout
  if (rollout === null) return steady(input)
  const { spec } = rollout.to
  const wantedOf: WantedOf = (stack) => (stack === spec.name ? spec : input.wantedOf(stack))
  const leavingOn = findLeaving(input.observed, wantedOf)
  const moved = spec.services.map((service) =>
    advanceService(service, rollout, { ...input, tasks, leavingOn }),
  )
  const next = withProgress(rollout, moved, now)
  const stuck = blockedFailure(next, moved, now)
  if (stuck !== undefined) return end(input, next, stuck)
  const awaited = awaitedUntil(next, { ...input, tasks, healthy: record.healthy })
  const settled = awaited === null && allSettled(input.slots, next, tasks)
  if (settled && plan.changes.every((change) => isGivenUp(next, change, input.refusalOf)))
    return arrive({ ...input, record: { ...record, rollout: next } }, judged)
  const gone = plan.changes.filter((change) => isOfGoneService(change, spec))
  const mayGo = (change: Change) =>
    settled ||
    rollout.direction === 'back' ||
    givesUp(change, moved, leavingOn) ||
    isForgotten(change, record)
  const circle = { stack: spec.name, changes: plan.changes, leavingOn, wantedOf }
  const { serving: _, ...since } = record.since
  return {
    record: { ...record, rollout: next, since, message: progress(next, plan, blockage(moved)) },
    release: [...moved.flatMap((move) => move.release), ...endCircle(moved, circle), ...gone.filter(mayGo)],
    wakeAt: earliest([
      ...moved.map((move) => move.wakeAt),
      blockedUntil(next),
      awaited,
      lookAgainAt(moved, input),
    ]),
  }
}

/** True for a task that a person has given up with its host: others may be in its place already. */
function isForgotten({ action }: Change, { inventory }: StackRecord): boolean {
  return (
    action.type === 'remove' &&
    inventory.some(({ taskId, forgotten }) => forgotten !== undefined && taskId === action.taskId)
  )
}

/** True for the removal of what has a port, which another stack may wait for, or a subnet that is waited for here. */
function givesUp({ action, host }: Change, moved: Moved[], leavingOn: LeavingOn): boolean {
  if (action.type !== 'remove') return false
  const isHeld = moved.some(({ held }) => held.some(({ taskId }) => taskId === action.taskId))
  return isHeld || leavingOn(host).some(({ taskId, claim }) => taskId === action.taskId && 'port' in claim)
}

/** When to look whether other stacks have given up what this one waits for; null when it waits for none. */
function lookAgainAt(moved: Moved[], { record, now }: StepInput): Date | null {
  const waits = moved.some(({ held }) => held.some(({ stack }) => stack !== record.name))
  return waits ? new Date(now.getTime() + LOOK_AGAIN) : null
}

/**
 * True when a slot counts as failed, and nothing of the new revision is in it: where it is empty it is tried on when the
 * rollout is over, and who refuses the new task for good goes on with the old one.
 */
function isGivenUp({ services }: Rollout, change: Change, refusalOf: StepInput['refusalOf']): boolean {
  const failures = services[change.service]?.failures ?? []
  const isMeant = change.verdict === 'missing' || (change.verdict === 'outdated' && refusalOf(change))
  return Boolean(isMeant) && failures.some(({ taskId }) => taskId === countedAs(change))
}

/** What a person reads while it goes on: also why it does not. */
function progress({ to, direction, cause }: Rollout, { waiting }: Plan, blocked?: string): string {
  const what =
    direction === 'back'
      ? `Going back to ${shortRevision(to.revision)}`
      : `Rolling out ${shortRevision(to.revision)}`
  const why = direction === 'back' && cause !== undefined ? `: ${explain(cause)}` : '.'
  const [first] = waiting
  if (first !== undefined) return `${what}; ${slotInStack(first)} waits: ${first.reason}.`
  return blocked === undefined ? `${what}${why}` : `${what}; ${blocked}.`
}

function allSettled(slots: Map<string, string[]>, { services }: Rollout, tasks: SlotTasks): boolean {
  return [...slots].every(([service, keys]) =>
    keys.every((slot) => isSettled(services[service], slot, tasks(service, slot))),
  )
}

function withProgress(rollout: Rollout, moved: Moved[], now: Date): Rollout {
  const { blockedSince, ...rest } = rollout
  const since = sinceBlocked(blockedSince, moved, now)
  return {
    ...rest,
    services: Object.fromEntries(moved.map((move) => [move.service, move.progress])),
    ...(since !== undefined && { blockedSince: since }),
  }
}

function earliest(times: (Date | null)[]): Date | null {
  const set = times.flatMap((time) => (time === null ? [] : [time.getTime()]))
  return set.length === 0 ? null : new Date(Math.min(...set))
}
