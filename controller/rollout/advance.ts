import type { Rollout, ServiceProgress } from '../../schemas/record.ts'
import type { ServiceSpec, StackSpec } from '../../schemas/stack.ts'
import { isServing, type TaskStatus } from '../../schemas/task.ts'
import type { Change, Plan } from '../plan/plan.ts'
import { isSettled, releasedSlots } from './judge.ts'
import { heldFrom, type Leaving, type LeavingOn } from './leaving.ts'
import type { SlotTasks } from './slot-tasks.ts'

/** How long, in milliseconds, a task without a healthcheck must stay up before the next batch moves. */
const SETTLE = 1000

export interface Moved {
  service: string
  progress: ServiceProgress
  release: Change[]
  /** The services that what it still has to move depends on, and waits for. */
  unmet: string[]
  /** What it waits for others to give up, when nothing else keeps it. */
  held: Leaving[]
  wakeAt: Date | null
}

interface At {
  plan: Plan
  slots: Map<string, string[]>
  tasks: SlotTasks
  /** What moves from one task to another is given up first. */
  leavingOn: LeavingOn
  now: Date
}

/**
 * Moves a service on by at most one batch. Shrinking comes first and is not throttled; a batch follows when the one
 * before serves, its delay has passed, and what the service depends on is in place.
 */
export function advanceService(service: ServiceSpec, rollout: Rollout, at: At): Moved {
  const changes = at.plan.changes.filter((change) => change.service === service.name)
  const shrink = changes.filter((change) => change.verdict === 'surplus')
  const grow = changes.filter((change) => change.verdict !== 'surplus')
  const before = rollout.services[service.name] ?? { released: {}, failures: [] }
  const again = grow.filter((change) => change.slot in before.released)
  const waiting = grow.filter((change) => !(change.slot in before.released))
  const progress = followBatch(service, before, at)
  const unmet = waiting.length > 0 ? unmetDependencies(service, at) : []
  const rests = unmet.length > 0 || isPaused(progress, at.now)
  const held = rests ? [] : stillHeld(service, rollout, { changes: waiting, ...at })
  const batch = rests || held.length > 0 ? [] : nextBatch(service, rollout, { before, waiting })
  return {
    service: service.name,
    progress: batch.length === 0 ? progress : openBatch(service, progress, { batch, now: at.now }),
    release: [...shrink, ...again, ...batch],
    unmet,
    held,
    wakeAt: wakeAt(service, progress, { batch, waiting, now: at.now }),
  }
}

function stillHeld(
  service: ServiceSpec,
  { to }: Rollout,
  { changes, leavingOn }: { changes: Change[]; leavingOn: LeavingOn },
): Leaving[] {
  const hosts = changes.map(({ host }) => host)
  return heldFrom(to.spec, service, { hosts, leavingOn })
}

/** True for a task of a service that the spec no longer has. */
export function isOfGoneService(change: Change, spec: StackSpec): boolean {
  return !spec.services.some((service) => service.name === change.service)
}

/**
 * A batch in flight is finished once all of it is settled: then the pause before the next one begins. It is in flight
 * again when something of it serves no more, as after a reboot of its host: that is waited for no longer than before.
 */
function followBatch(
  service: ServiceSpec,
  progress: ServiceProgress,
  { slots, tasks, now }: At,
): ServiceProgress {
  const { deadline, ...rest } = progress
  const settled = releasedSlots(progress, slots.get(service.name)).every((slot) =>
    isSettled(progress, slot, tasks(service.name, slot)),
  )
  if (settled === (deadline === undefined)) return progress
  if (!settled) return { ...rest, deadline: after(now, service.update.deadline) }
  const pause = Math.max(service.update.delay, service.container.healthcheck ? 0 : SETTLE)
  return { ...rest, notBefore: after(now, pause) }
}

function openBatch(
  { update }: ServiceSpec,
  { notBefore: _, ...progress }: ServiceProgress,
  { batch, now }: { batch: Change[]; now: Date },
): ServiceProgress {
  const released = Object.fromEntries(batch.map((change) => [change.slot, now.toISOString()]))
  return {
    ...progress,
    released: { ...progress.released, ...released },
    deadline: after(now, update.deadline),
  }
}

/** ISO time, `ms` milliseconds from now. */
function after(now: Date, ms: number): string {
  return new Date(now.getTime() + ms).toISOString()
}

/** True while a batch is in flight, or its delay lasts. */
function isPaused({ deadline, notBefore }: ServiceProgress, now: Date): boolean {
  return deadline !== undefined || (notBefore !== undefined && now.toISOString() < notBefore)
}

function unmetDependencies({ dependsOn }: ServiceSpec, { slots, tasks }: At): string[] {
  const unmet = dependsOn.filter(({ service, condition }) =>
    (slots.get(service) ?? []).some((slot) => !isMet(condition, tasks(service, slot))),
  )
  return unmet.map(({ service }) => service)
}

/** Compose Specification §depends_on, held to the revision that is rolled out: an old task satisfies nothing. */
function isMet(
  condition: ServiceSpec['dependsOn'][number]['condition'],
  task: TaskStatus | undefined,
): boolean {
  if (task === undefined) return false
  if (condition === 'completed') return task.state === 'complete' && task.exitCode === 0
  return condition === 'healthy' ? isServing(task) : task.state === 'running' || task.state === 'complete'
}

/**
 * All at once where nothing serves yet (a first deploy, more replicas); else `parallelism`. Away from a failure the
 * slots that do not serve go first, all of them; what serves is moved with the usual care.
 */
function nextBatch(
  { update }: ServiceSpec,
  rollout: Rollout,
  { before, waiting }: { before: ServiceProgress; waiting: Change[] },
): Change[] {
  const untouched =
    Object.keys(before.released).length === 0 && waiting.every((change) => change.verdict === 'missing')
  if (untouched || update.parallelism === 0) return waiting
  const down =
    rollout.direction === 'back' && rollout.cause ? waiting.filter((change) => !change.serving) : []
  return down.length > 0 ? down : waiting.slice(0, update.parallelism)
}

function wakeAt(
  { update }: ServiceSpec,
  progress: ServiceProgress,
  { batch, waiting, now }: { batch: Change[]; waiting: Change[]; now: Date },
): Date | null {
  if (batch.length > 0) return new Date(now.getTime() + update.deadline)
  if (progress.deadline !== undefined)
    return progress.deadline > now.toISOString() ? new Date(progress.deadline) : null // it has been judged
  const paused = progress.notBefore !== undefined && progress.notBefore > now.toISOString()
  return paused && waiting.length > 0 ? new Date(progress.notBefore ?? now) : null
}
