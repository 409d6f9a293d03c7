import type { Healthcheck } from '../../../schemas/healthcheck.ts'
import type { UpdatePolicy } from '../../../schemas/stack.ts'

const DEFAULTS: UpdatePolicy = {
  parallelism: 1,
  delay: 0,
  monitor: 5_000,
  maxFailureRatio: 0,
  failureAction: 'rollback',
  order: 'stop-first',
  deadline: 300_000,
}

export interface UpdateInputs {
  /** What `deploy.update_config` says. */
  update: Partial<UpdatePolicy>
  /** `x-setpoint.update.deadline` in milliseconds. */
  deadline: number | undefined
  healthcheck: Healthcheck | null | undefined
  /** Milliseconds. */
  stopGracePeriod: number
}

/**
 * Swarm's update settings with Setpoint's defaults, which are Swarm's but for `failureAction`: rollback, not pause.
 * Without a deadline of its own a batch has five minutes (an image may have to be pulled), or what its healthcheck may take where that is longer.
 */
export function updatePolicy({ update, deadline, healthcheck, stopGracePeriod }: UpdateInputs): UpdatePolicy {
  const policy = { ...DEFAULTS, ...update }
  const probes = healthcheck ? healthcheck.startPeriod + healthcheck.interval * healthcheck.retries : 0
  const needed = stopGracePeriod + probes + policy.monitor
  return { ...policy, deadline: deadline ?? Math.max(DEFAULTS.deadline, needed) }
}
