import { formatDuration } from '../../schemas/duration.ts'
import { ERRORS, type ErrorCode } from '../../schemas/error.ts'
import type { Failure, Rollout, ServiceProgress } from '../../schemas/record.ts'
import type { ServiceSpec } from '../../schemas/stack.ts'
import { isServing, lastProbe, restartsOf, type TaskStatus } from '../../schemas/task.ts'
import type { Plan } from '../plan/plan.ts'
import type { SlotTasks } from './slot-tasks.ts'

/** How often a task may be refused for a passing reason (image not there yet, port still held) before it counts. */
const PATIENCE = 3

/** What is to be done about the failures of a service. */
export interface Judgement {
  service: string
  progress: ServiceProgress
  verdict: 'go on' | 'pause' | 'roll back'
  cause?: Failure
}

/**
 * Judges a service of a rollout. Every slot that was let go is held to the same deadline, each failed task counts
 * once and stays counted (Swarm drops some). More than `max_failure_ratio` of the slots that move is too many.
 */
export function judge(
  service: ServiceSpec,
  rollout: Rollout,
  at: { plan: Plan; slots: Map<string, string[]>; tasks: SlotTasks; now: Date },
): Judgement {
  const before = rollout.services[service.name] ?? { released: {}, failures: [] }
  const progress = { ...before, failures: [...before.failures, ...newFailures(service, before, at)] }
  const cause = progress.failures.at(-1)
  const moving = new Set([...Object.keys(before.released), ...slotsToChange(service, at.plan)]).size
  const tooMany = progress.failures.length / Math.max(moving, 1) > service.update.maxFailureRatio
  if (cause === undefined || !tooMany || service.update.failureAction === 'continue') {
    return { service: service.name, progress, verdict: 'go on' }
  }
  const verdict = service.update.failureAction === 'pause' ? 'pause' : 'roll back'
  return { service: service.name, progress, verdict, cause }
}

/** True when a task is what its rollout wants: serving, or ended well where the service is one that ends. */
export function isDone(task: TaskStatus | undefined): boolean {
  return task !== undefined && (isServing(task) || task.state === 'complete')
}

/**
 * True when a slot needs no more waiting: done, failed within what the service allows, or not this rollout's matter,
 * since it was as wanted before and nothing of it was moved.
 */
export function isSettled(
  progress: ServiceProgress | undefined,
  slot: string,
  task: TaskStatus | undefined,
): boolean {
  if (isDone(task)) return true
  if (progress?.failures.some((failure) => failure.taskId === task?.id)) return true
  return task !== undefined && !(slot in (progress?.released ?? {}))
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

function newFailures(
  service: ServiceSpec,
  progress: ServiceProgress,
  { slots, tasks, now }: { slots: Map<string, string[]>; tasks: SlotTasks; now: Date },
): Failure[] {
  const known = new Set(progress.failures.map((failure) => failure.taskId))
  return releasedSlots(progress, slots.get(service.name)).flatMap((slot) => {
    const task = tasks(service.name, slot)
    const place = placeOf(service.name, slot, task)
    if (known.has(place.taskId)) return []
    const failure = failureOf(task) ?? lateness(service, progress, { task, now })
    return failure === undefined ? [] : [{ ...place, ...failure, at: now.toISOString() }]
  })
}

type Reason = Pick<Failure, 'code' | 'message' | 'exitCode' | 'probe' | 'log'>

function failureOf(task: TaskStatus | undefined): Reason | undefined {
  if (task === undefined) return undefined
  if (task.state === 'rejected') return mayPass(task) ? undefined : reason(task, 'RUNTIME_FAILED')
  if (task.health === 'unhealthy') return { ...reason(task, 'HEALTH_FAILED'), code: 'HEALTH_FAILED' }
  return task.failures > 0 || task.state === 'failed' ? reason(task, 'TASK_EXITED') : undefined
}

function mayPass(task: TaskStatus): boolean {
  return restartsOf(task) + 1 < PATIENCE && (ERRORS[task.error?.code as ErrorCode]?.retryable ?? false)
}

function lateness(
  service: ServiceSpec,
  { deadline }: ServiceProgress,
  { task, now }: { task: TaskStatus | undefined; now: Date },
): Reason | undefined {
  if (isDone(task) || deadline === undefined || now.toISOString() < deadline) return undefined
  const seen = task === undefined ? 'no host has reported it' : `it is ${task.state}, health ${task.health}`
  const message = `It did not serve within ${formatDuration(service.update.deadline)}: ${seen}.`
  return { ...(task && reason(task, 'DEADLINE_PASSED')), code: 'DEADLINE_PASSED', message }
}

function reason(task: TaskStatus, code: string): Reason {
  const probe = lastProbe(task)
  return {
    code: task.error?.code ?? code,
    message: task.error?.message ?? ending(task),
    ...(task.exitCode !== undefined && { exitCode: task.exitCode }),
    ...(probe && { probe: probe.output }),
    ...(task.logTail && { log: task.logTail }),
  }
}

function ending(task: TaskStatus): string {
  if (task.health === 'unhealthy')
    return `Its healthcheck failed: ${lastProbe(task)?.output.trim() || 'the probe said nothing'}`
  return `It ended with exit code ${task.exitCode ?? 'unknown'}.`
}

function placeOf(service: string, slot: string, task: TaskStatus | undefined) {
  return {
    service,
    slot: task?.slot ?? (Number(slot) || 1),
    taskId: task?.id ?? `${service}.${slot}`,
    host: task?.host ?? '',
  }
}
