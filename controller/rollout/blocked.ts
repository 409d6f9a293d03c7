import { formatDuration } from '../../schemas/duration.ts'
import type { Rollout } from '../../schemas/record.ts'
import type { ServiceSpec } from '../../schemas/stack.ts'
import type { Moved } from './advance.ts'
import type { Judgement } from './judge.ts'
import type { SlotTasks } from './slot-tasks.ts'
import { isDone } from './task-failure.ts'

/** Since when nothing moves because of dependencies alone; undefined while a batch is on its way or none is blocked. */
export function sinceBlocked(before: string | undefined, moved: Moved[], now: Date): string | undefined {
  const isMoving = moved.some(
    ({ progress, release }) => progress.deadline !== undefined || release.length > 0,
  )
  return isMoving || !moved.some((move) => move.blocked) ? undefined : (before ?? now.toISOString())
}

/** When a rollout that is blocked has been so for too long; null while it is not blocked. */
export function blockedUntil({ blockedSince, to }: Rollout): Date | null {
  if (blockedSince === undefined) return null
  const patience = Math.max(...to.spec.services.map((service) => service.update.deadline))
  return new Date(Date.parse(blockedSince) + patience)
}

/** The verdict on a service that has waited too long for what it depends on: every wait has a deadline (law 8). */
export function blockedFailure(
  rollout: Rollout,
  moved: Moved[],
  at: { tasks: SlotTasks; now: Date },
): Judgement | undefined {
  const until = blockedUntil(rollout)
  const waiting = moved.find((move) => move.blocked)
  if (until === null || waiting === undefined || at.now < until) return undefined
  const service = rollout.to.spec.services.find(({ name }) => name === waiting.service)
  if (service === undefined || rollout.blockedSince === undefined) return undefined
  const waited = formatDuration(until.getTime() - Date.parse(rollout.blockedSince))
  const message = `It waited ${waited} for ${awaited(service, waiting, at.tasks)}.`
  const cause = {
    service: service.name,
    slot: 1,
    taskId: '',
    host: '',
    code: 'DEADLINE_PASSED',
    message,
    at: at.now.toISOString(),
  }
  const verdict = service.update.failureAction === 'pause' ? 'pause' : 'roll back'
  return { service: service.name, progress: waiting.progress, verdict, cause }
}

function awaited(service: ServiceSpec, { held: [port] }: Moved, tasks: SlotTasks): string {
  const missing = service.dependsOn.filter((dependency) => !isDone(tasks(dependency.service, '1')))
  if (missing.length > 0) return missing.map((dependency) => dependency.service).join(', ')
  return port
    ? `port ${port.port} of ${port.host}, which ${port.service} has not given up`
    : 'what it depends on'
}
