import type { HealthTimes } from '../../schemas/healthcheck.ts'
import type { Health, Probe } from '../../schemas/task.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { ExecResult } from '../runtime/runtime.ts'
import { createAsk } from './ask.ts'
import { asProbe } from './outcome.ts'
import { gapBeforeNext, type HealthState, nextHealth, STARTING } from './step.ts'

export interface WatchHealthOptions {
  healthcheck: HealthTimes
  /** ISO time at which the process started. */
  startedAt: string
  /** Asks the task how it is; ends by itself, the healthcheck's `timeout` later at the latest. */
  probe: () => Promise<ExecResult>
  /** Called when the health changes, and when a failing probe says something new; the newest probe is the last. */
  onChange: (health: Health, probes: Probe[]) => void
  /** The health before this watch began, of a task that was adopted. */
  health?: Health
  clock?: Clock
}

/** So many probes are kept, as Docker keeps them. */
const KEPT = 5
/** Milliseconds that a probe gets to end after its timeout, before it is taken to hang. */
const SLACK = 2_000

/**
 * Probes a task at once and then again and again, until stopped; `step.ts` says when and what counts. Never two
 * probes at a time: one that hangs in spite of its timeout fails at each turn until it ends.
 */
export function watchHealth(options: WatchHealthOptions): { stop(): void } {
  const { healthcheck, probe, onChange, clock = systemClock } = options
  const age = Math.max(0, clock.now() - Date.parse(options.startedAt))
  const begun = clock.uptime()
  const sinceStart = () => age + clock.uptime() - begun
  const asking = createAsk({ probe, deadline: healthcheck.timeout + SLACK, clock })
  let state = initialState(options.health)
  let reported: Probe | undefined
  let probes: Probe[] = []
  let cancelNext = () => {}
  let stopped = false

  async function turn(): Promise<void> {
    const began = sinceStart()
    const result = await asking.ask()
    if (stopped) return
    const probe = asProbe(result, healthcheck, clock.now())
    const previous = state.health
    state = nextHealth(state, { success: probe.exitCode === 0, began }, healthcheck)
    const gap = Math.max(1, gapBeforeNext(state, healthcheck, sinceStart()))
    cancelNext = clock.after(gap, () => void turn())
    probes = [...probes, probe].slice(-KEPT)
    tell(previous, probe)
  }

  function tell(previous: Health, probe: Probe): void {
    const failure = probe.exitCode !== 0
    const news = failure && (probe.exitCode !== reported?.exitCode || probe.output !== reported.output)
    if (state.health === previous && !news) return
    reported = probe
    onChange(state.health, probes)
  }

  void turn()
  return {
    stop() {
      stopped = true
      cancelNext()
      asking.close()
    },
  }
}

function initialState(health: Health | undefined): HealthState {
  return { ...STARTING, health: health === 'healthy' || health === 'unhealthy' ? health : 'starting' }
}
