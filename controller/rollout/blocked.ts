import { formatDuration } from '../../schemas/duration.ts'
import type { Rollout } from '../../schemas/record.ts'
import type { Moved } from './advance.ts'
import type { Judgement } from './judge.ts'

/**
 * Since when nothing moves because of dependencies and of what others hold alone; undefined while a batch is on its way, or the next one
 * is due in a while, or none is blocked.
 */
export function sinceBlocked(before: string | undefined, moved: Moved[], now: Date): string | undefined {
  const isMoving = moved.some(
    ({ progress, release, wakeAt }) =>
      progress.deadline !== undefined || release.length > 0 || wakeAt !== null,
  )
  return isMoving || !moved.some(isBlocked) ? undefined : (before ?? now.toISOString())
}

function isBlocked({ unmet, held }: Moved): boolean {
  return unmet.length > 0 || held.length > 0
}

/** When a rollout that is blocked has been so for too long; null while it is not blocked. */
export function blockedUntil({ blockedSince, to }: Rollout): Date | null {
  if (blockedSince === undefined) return null
  const patience = Math.max(...to.spec.services.map((service) => service.update.deadline))
  return new Date(Date.parse(blockedSince) + patience)
}

/** The verdict on a service that has waited too long for what it depends on: every wait has a deadline (law 8). */
export function blockedFailure(rollout: Rollout, moved: Moved[], now: Date): Judgement | undefined {
  const until = blockedUntil(rollout)
  const waiting = moved.find(isBlocked)
  if (until === null || waiting === undefined || now < until) return undefined
  const service = rollout.to.spec.services.find(({ name }) => name === waiting.service)
  if (service === undefined || rollout.blockedSince === undefined) return undefined
  const waited = formatDuration(until.getTime() - Date.parse(rollout.blockedSince))
  const message = `It waited ${waited} for ${awaited(waiting)}.`
  const cause = {
    service: service.name,
    slot: 1,
    taskId: '',
    host: '',
    code: 'DEADLINE_PASSED',
    message,
    at: now.toISOString(),
  }
  const verdict = service.update.failureAction === 'pause' ? 'pause' : 'roll back'
  return { service: service.name, progress: waiting.progress, verdict, cause }
}

/** `app waits for …`, of the first service that does; undefined when nothing is blocked. */
export function blockage(moved: Moved[]): string | undefined {
  const waiting = moved.find(isBlocked)
  return waiting && `${waiting.service} waits for ${awaited(waiting)}`
}

function awaited({ unmet, held: [first] }: Moved): string {
  if (first === undefined) return unmet.join(', ')
  const { what, host, stack, service } = first
  return `${what} of ${host}, which ${stack}/${service} has not given up`
}
