import { formatDuration } from '../../schemas/duration.ts'
import { mayPass } from '../../schemas/error.ts'
import type { Failure } from '../../schemas/record.ts'
import { isServing, isTerminal, lastProbe, restartsOf, type TaskStatus } from '../../schemas/task.ts'

/** How often a task may be refused for a passing reason (image not there yet, port still held) before it counts. */
const PATIENCE = 3

/** Why a task failed. */
export type Reason = Pick<Failure, 'code' | 'message' | 'exitCode' | 'probe' | 'log'>

/** True when a task is what its rollout wants: serving, or ended well where the service is one that ends. */
export function isDone(task: TaskStatus | undefined): boolean {
  return task !== undefined && (isServing(task) || task.state === 'complete')
}

/** Why a task that a rollout started has failed; undefined while it may still come to serve. One failed run counts. */
export function failureOf(task: TaskStatus | undefined): Reason | undefined {
  if (task === undefined) return undefined
  if (task.state === 'rejected')
    return restartsOf(task) + 1 < PATIENCE && mayPass(task.error?.code ?? '')
      ? undefined
      : reason(task, 'RUNTIME_FAILED')
  if (task.health === 'unhealthy') return { ...reason(task, 'HEALTH_FAILED'), code: 'HEALTH_FAILED' }
  return task.failures > 0 || task.state === 'failed' ? reason(task, 'TASK_EXITED') : undefined
}

/**
 * Why a task that a rollout found, and left as it is, has failed: only what nobody tries again counts, since what it
 * went through before is not this rollout's matter.
 */
export function failureOfFound(task: TaskStatus | undefined): Reason | undefined {
  if (task === undefined || isDone(task)) return undefined
  if (task.state === 'rejected')
    return mayPass(task.error?.code ?? '') ? undefined : reason(task, 'RUNTIME_FAILED')
  return isTerminal(task.state) && task.restartAt === undefined ? reason(task, 'TASK_EXITED') : undefined
}

/** Why a task that does not serve has failed once its `deadline` (milliseconds) has passed. */
export function lateness(task: TaskStatus | undefined, deadline: number): Reason | undefined {
  if (isDone(task)) return undefined
  const seen = task === undefined ? 'no host has reported it' : `it is ${task.state}, health ${task.health}`
  const message = `It did not serve within ${formatDuration(deadline)}: ${seen}.`
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
