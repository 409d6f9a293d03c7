import type { HealthTimes } from '../../schemas/healthcheck.ts'

export interface HealthState {
  health: 'starting' | 'healthy' | 'unhealthy'
  /** Counted failures in a row. */
  failures: number
  /** Probes made since the process started, or since this agent watches it. */
  probes: number
}

export const STARTING: HealthState = { health: 'starting', failures: 0, probes: 0 }

/** Milliseconds between the first two probes of a starting task, and what each later gap is longer by. */
const EARLY_GAP = 100
const EARLY_GROWTH = 1.5

/** How a probe ended. */
export interface ProbeEnd {
  success: boolean
  /** When it began, in milliseconds since the process started. */
  began: number
}

/**
 * The health after one more probe.
 *
 * As Docker (moby `daemon/health.go`): a success makes healthy at once; `retries` failures in a row make unhealthy;
 * during the start period failures do not count, until the first success ends it. Docker's first probe comes after
 * a whole interval. Here earlier ones find out sooner that a task is well; one of those that fails says nothing yet.
 */
export function nextHealth(state: HealthState, { success, began }: ProbeEnd, spec: HealthTimes): HealthState {
  const probes = state.probes + 1
  if (success) return { health: 'healthy', failures: 0, probes }
  if (state.health === 'starting' && began < countsFrom(spec)) return { ...state, probes }
  const failures = state.failures + 1
  return { health: failures >= spec.retries ? 'unhealthy' : state.health, failures, probes }
}

/**
 * Milliseconds from the end of a probe to the next one; `now` is that end, since the process started. The interval,
 * or in the start period of a task that was not healthy yet the start interval; shorter, and growing, before the
 * time at which Docker would probe first, which is never passed over.
 */
export function gapBeforeNext(state: HealthState, spec: HealthTimes, now: number): number {
  if (state.health !== 'starting') return spec.interval
  const regular = now < spec.startPeriod ? startGap(spec) : spec.interval
  const untilFirst = firstRegular(spec) - now
  if (untilFirst <= 0) return regular
  return Math.min(EARLY_GAP * EARLY_GROWTH ** Math.max(0, state.probes - 1), regular, untilFirst)
}

/** When a failure begins to count. */
function countsFrom(spec: HealthTimes): number {
  return Math.max(spec.startPeriod, firstRegular(spec))
}

/** When Docker would probe for the first time. */
function firstRegular(spec: HealthTimes): number {
  return spec.startPeriod > 0 ? startGap(spec) : spec.interval
}

function startGap(spec: HealthTimes): number {
  return Math.min(spec.interval, spec.startInterval)
}
