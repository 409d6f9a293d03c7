import type { Failure, Revision, Rollout } from '../../schemas/record.ts'
import type { ServiceSpec } from '../../schemas/stack.ts'
import { isTerminal, type TaskStatus } from '../../schemas/task.ts'
import type { SlotTasks } from './slot-tasks.ts'
import { isDone } from './task-failure.ts'

/** The slots of a service that a rollout has not let go and where it finds a task that is as wanted already. */
export function untouchedSlots(
  service: ServiceSpec,
  rollout: Rollout,
  { slots, tasks }: { slots: Map<string, string[]>; tasks: SlotTasks },
): string[] {
  const released = rollout.services[service.name]?.released ?? {}
  const wanted = slots.get(service.name) ?? []
  return wanted.filter((slot) => !(slot in released) && tasks(service.name, slot) !== undefined)
}

/**
 * True for a service that is in the last healthy revision as it is wanted now: tasks of it that a rollout finds and
 * leaves alone are not its matter. Those of any other service are on trial like tasks that it starts.
 */
export function isProven({ name, fingerprint }: ServiceSpec, healthy: Revision | null): boolean {
  const before = healthy?.spec.services.find((service) => service.name === name)
  return before?.fingerprint === fingerprint
}

/** Until when a rollout waits for the tasks of a service that it found on their way. */
export function untouchedUntil({ update }: ServiceSpec, { startedAt }: Rollout): Date {
  return new Date(Date.parse(startedAt) + update.deadline)
}

/** When a rollout stops waiting for what it found and did not move; null while it waits for nothing of it. */
export function awaitedUntil(
  rollout: Rollout,
  at: { slots: Map<string, string[]>; tasks: SlotTasks; healthy: Revision | null; now: Date },
): Date | null {
  const awaited = rollout.to.spec.services.filter((service) => {
    const isProved = isProven(service, at.healthy)
    return untouchedSlots(service, rollout, at).some((slot) => {
      const task = at.tasks(service.name, slot)
      return isAwaited(task, { isProved, failures: rollout.services[service.name]?.failures ?? [] })
    })
  })
  const times = awaited.map((service) => untouchedUntil(service, rollout)).filter((until) => at.now < until)
  return times.length === 0 ? null : new Date(Math.min(...times.map((until) => until.getTime())))
}

/** What is proven is waited for only while it is on its way: a host may be just restarting it. */
function isAwaited(
  task: TaskStatus | undefined,
  { isProved, failures }: { isProved: boolean; failures: Failure[] },
): boolean {
  if (task === undefined || isDone(task) || failures.some(({ taskId }) => taskId === task.id)) return false
  return !isProved || (task.state === 'running' ? task.health === 'starting' : !isTerminal(task.state))
}
