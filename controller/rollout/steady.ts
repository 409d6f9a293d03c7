import type { Revision, StackRecord } from '../../schemas/record.ts'
import { shortRevision } from '../../schemas/revision.ts'
import type { TaskStatus } from '../../schemas/task.ts'
import { startRollout, wantedRevision } from './accept.ts'
import { isDone } from './judge.ts'
import { slotTasks } from './slot-tasks.ts'
import type { Step, StepInput } from './step.ts'

/** A stack with no rollout: empty slots are filled again, what is too much goes, and what does not serve is told. */
export function steady(input: StepInput): Step {
  const { record, plan, now } = input
  const wanted = wantedRevision(record)
  if (wanted === null) return { record, release: plan.changes, wakeAt: null }
  const unserved = firstUnserved(input, wanted)
  if (isStalled(record)) return unserved === undefined ? recover(input, wanted) : hold(input)
  if (plan.changes.some((change) => change.verdict === 'outdated')) return realign(input, wanted)
  const outcome = record.bad?.digest === record.accepted?.spec.digest ? 'rolledBack' : 'converged'
  if (unserved !== undefined || plan.waiting.length > 0) {
    const message = unserved ?? plan.waiting[0]?.reason ?? ''
    return { record: { ...record, outcome: 'degraded', message }, release: plan.changes, wakeAt: null }
  }
  if (record.outcome === outcome) return { record, release: plan.changes, wakeAt: null }
  const message =
    outcome === 'converged'
      ? `Revision ${shortRevision(wanted.revision)} serves.`
      : `Went back to ${shortRevision(wanted.revision)}: ${record.bad?.reason}`
  return { record: { ...record, outcome, message }, release: plan.changes, wakeAt: now }
}

/** A first deploy that failed and has nothing to go back to. */
function isStalled({ accepted, bad, healthy }: StackRecord): boolean {
  return healthy === null && bad !== null && bad.digest === accepted?.spec.digest
}

function hold({ record, plan }: StepInput): Step {
  return { record, release: plan.changes.filter((change) => change.verdict === 'surplus'), wakeAt: null }
}

/** What had failed serves after all, because its cause went away: then it is healthy. */
function recover({ record }: StepInput, wanted: Revision): Step {
  const message = `Revision ${shortRevision(wanted.revision)} serves after all.`
  return {
    record: { ...record, bad: null, healthy: wanted, outcome: 'converged', message },
    release: [],
    wakeAt: null,
  }
}

/** Tasks of another content than wanted, although no rollout explains them: roll them, with all its care. */
function realign({ record, now }: StepInput, wanted: Revision): Step {
  const { accepted, bad } = record
  return {
    record: { ...startRollout(record, wanted, { now, trigger: 'drift' }), accepted, bad },
    release: [],
    wakeAt: now,
  }
}

function firstUnserved({ slots, observed }: StepInput, wanted: Revision): string | undefined {
  const tasks = slotTasks(wanted.spec, observed)
  for (const [service, keys] of slots) {
    for (const slot of keys) {
      const task = tasks(service, slot)
      if (!isDone(task)) return `${service}.${slot} ${describe(task)}`
    }
  }
  return undefined
}

function describe(task: TaskStatus | undefined): string {
  if (task === undefined) return 'runs on no host that reports.'
  const why = task.error === undefined ? '' : `: ${task.error.message}`
  return `is ${task.state}${task.health === 'none' ? '' : `, health ${task.health}`} on ${task.host}${why}`
}
