import type { RestartPolicy } from '../../schemas/restart.ts'

/** A run that lasted this many milliseconds was a good one: the back-off begins anew. */
export const GOOD_RUN = 10_000
const FIRST_BACKOFF = 100
const LONGEST_BACKOFF = 60_000
const FIRST_RETRY = 1_000
const LONGEST_RETRY = 60_000

/** What a restart policy looks at when a run has ended. */
export interface EndedRun {
  failed: boolean
  /** Runs in a row that ended soon, without this one. */
  streak: number
  /** Times of the restarts so far, in milliseconds. */
  restarts: number[]
  now: number
}

/**
 * Milliseconds until the next run, or undefined when there is to be none. The conditions and the count within
 * `window` are Swarm's (`restart.Supervisor.shouldRestart`); without `delay` the first restart is at once and the
 * next ones back off from 100 ms, doubling to a minute.
 */
export function restartDelay(policy: RestartPolicy, ended: EndedRun): number | undefined {
  if (policy.condition === 'none') return undefined
  if (policy.condition === 'on-failure' && !ended.failed) return undefined
  if (policy.maxAttempts !== undefined && countedRestarts(policy, ended) >= policy.maxAttempts)
    return undefined
  return policy.delay ?? backoff(ended.streak)
}

/** Milliseconds until a preparation that was rejected `rejections` times in a row is tried again. */
export function retryDelay(rejections: number): number {
  return Math.min(FIRST_RETRY * 2 ** Math.max(rejections - 1, 0), LONGEST_RETRY)
}

function countedRestarts(policy: RestartPolicy, { restarts, now }: EndedRun): number {
  const since = policy.window ? now - policy.window : Number.NEGATIVE_INFINITY
  return restarts.filter((at) => at > since).length
}

function backoff(streak: number): number {
  return streak === 0 ? 0 : Math.min(FIRST_BACKOFF * 2 ** (streak - 1), LONGEST_BACKOFF)
}
