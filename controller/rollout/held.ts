import type { ServiceSpec, StackSpec } from '../../schemas/stack.ts'
import { isServing, restartsOf, type TaskStatus } from '../../schemas/task.ts'
import type { SlotTasks } from './slot-tasks.ts'

/** A slot that serves, but not for long enough yet to be believed. */
export interface Trial {
  service: ServiceSpec
  slot: string
  until: Date
}

interface At {
  /** Every slot that is wanted, by service. */
  slots: Map<string, string[]>
  tasks: SlotTasks
  now: Date
}

/**
 * The slot that is believed last, of those that serve for less than their service's `monitor` time; undefined when
 * each has served for so long. A crash loop serves for an instant in each of its runs: no such instant is an outcome.
 * It is told from what the hosts report, so that a controller which starts anew waits no longer and no shorter.
 */
export function lastTrial(spec: StackSpec, at: At): Trial | undefined {
  return trials(spec, at).sort((a, b) => b.until.getTime() - a.until.getTime())[0]
}

/** As `lastTrial`, of the tasks that were started again alone: a rollout has watched the others itself. */
export function lastRestarted(spec: StackSpec, at: At): Trial | undefined {
  const tasks: SlotTasks = (service, slot) => {
    const task = at.tasks(service, slot)
    return task !== undefined && restartsOf(task) > 0 ? task : undefined
  }
  return lastTrial(spec, { ...at, tasks })
}

function trials({ services }: StackSpec, { slots, tasks, now }: At): Trial[] {
  return services.flatMap((service) =>
    (slots.get(service.name) ?? []).flatMap((slot): Trial[] => {
      const until = believedFrom(service, tasks(service.name, slot), now)
      return until === undefined ? [] : [{ service, slot, until }]
    }),
  )
}

/**
 * When a task that serves is believed; undefined when it is already, or does not serve. A start that lies further ahead
 * than the wait itself comes from a host whose clock is wrong: nobody waits for that hour to come.
 */
function believedFrom({ update }: ServiceSpec, task: TaskStatus | undefined, now: Date): Date | undefined {
  if (task === undefined || !isServing(task)) return undefined
  const since = Date.parse(task.since)
  const until = since + update.monitor
  return now.getTime() < until && since <= now.getTime() + update.monitor ? new Date(until) : undefined
}
