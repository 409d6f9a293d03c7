import type { Outcome, Revision } from '../../schemas/record.ts'
import { shortRevision } from '../../schemas/revision.ts'
import { slotInStack } from '../../schemas/slot.ts'
import type { TaskStatus } from '../../schemas/task.ts'
import type { Change } from '../plan/plan.ts'
import type { Refusal } from '../queue/refusals.ts'
import type { SlotTasks } from './slot-tasks.ts'
import type { StepInput } from './step.ts'
import { isDone } from './task-failure.ts'

/** What a stack has come to, and a sentence on it. */
export type Standing = { outcome: Extract<Outcome, 'converged' | 'rolledBack' | 'degraded'>; message: string }

/** What a stack has come to once nothing of it moves: `converged` is said only of one that serves in every slot. */
export function standingOf(input: StepInput, wanted: Revision, tasks: SlotTasks): Standing {
  const { accepted, bad } = input.record
  const lacking = firstUnserved(input, tasks) ?? input.plan.waiting[0]?.reason
  if (lacking !== undefined) return { outcome: 'degraded', message: lacking }
  const name = shortRevision(wanted.revision)
  return bad !== null && bad.digest === accepted?.spec.digest
    ? { outcome: 'rolledBack', message: `Went back to ${name}: ${bad.reason}` }
    : { outcome: 'converged', message: `Revision ${name} serves.` }
}

/** The first slot in which no task is as wanted, and what is there instead; undefined when all serve. */
export function firstUnserved(
  { slots, plan, refusalOf }: Pick<StepInput, 'slots' | 'plan' | 'refusalOf'>,
  tasks: SlotTasks,
): string | undefined {
  for (const [service, keys] of slots) {
    for (const slot of keys) {
      const task = tasks(service, slot)
      if (isDone(task)) continue
      const change = plan.changes.find((one) => one.service === service && one.slot === slot)
      const refusal = change && refusalOf(change)
      return `${slotInStack({ service, slot })} ${describe(task, change, refusal)}`
    }
  }
  return undefined
}

function describe(task: TaskStatus | undefined, change?: Change, refusal?: Refusal): string {
  if (task === undefined && change && refusal) return `is refused by ${change.host}: ${refusal.message}`
  if (task === undefined)
    return change?.verdict === 'outdated' ? 'is still as it was before.' : 'runs on no host that reports.'
  const why = task.error === undefined ? '' : `: ${task.error.message}`
  return `is ${task.state}${task.health === 'none' ? '' : `, health ${task.health}`} on ${task.host}${why}`
}
