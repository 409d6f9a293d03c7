import { formatDuration } from '../../schemas/duration.ts'
import type { Revision, StackRecord } from '../../schemas/record.ts'
import { shortRevision } from '../../schemas/revision.ts'
import { slotInStack } from '../../schemas/slot.ts'
import { startRollout, wantedRevision } from './accept.ts'
import { withHealthy } from './healthy.ts'
import { lastTrial, type Trial } from './held.ts'
import { slotTasks } from './slot-tasks.ts'
import { firstUnserved, standingOf } from './standing.ts'
import type { Step, StepInput } from './step.ts'

/**
 * A stack with no rollout: empty slots are filled again, what is too much goes, and what does not serve is told. What
 * has failed is well again only once all has served for its `monitor` time, as at the end of a rollout.
 */
export function steady(input: StepInput): Step {
  const { record, plan, now } = input
  const wanted = wantedRevision(record)
  if (wanted === null) return { record, release: plan.changes, wakeAt: null }
  const tasks = slotTasks(wanted.spec, input.observed)
  const trial = lastTrial(wanted.spec, { ...input, tasks })
  if (isStalled(record))
    return firstUnserved(input, tasks) === undefined && trial === undefined
      ? recover(input, wanted)
      : hold(input, trial)
  if (plan.changes.some((change) => change.verdict === 'outdated' && !input.refusalOf(change)))
    return realign(input, wanted)
  const standing = standingOf(input, wanted, tasks)
  if (standing.outcome === 'degraded')
    return { record: { ...record, ...standing }, release: plan.changes, wakeAt: null }
  if (record.outcome === standing.outcome) return { record, release: plan.changes, wakeAt: null }
  if (trial !== undefined) return watch(input, trial)
  return { record: { ...withHealthy(record, wanted), ...standing }, release: plan.changes, wakeAt: now }
}

/** A first deploy that failed and has nothing to go back to. */
function isStalled({ accepted, bad, healthy }: StackRecord): boolean {
  return healthy === null && bad !== null && bad.digest === accepted?.spec.digest
}

function hold({ record, plan }: StepInput, trial: Trial | undefined): Step {
  const release = plan.changes.filter((change) => change.verdict === 'surplus')
  return { record, release, wakeAt: trial?.until ?? null }
}

/** All serves again, but not for long enough: the next failure of a crash loop may be near. */
function watch({ record, plan }: StepInput, { service, slot, until }: Trial): Step {
  const patience = formatDuration(service.update.monitor)
  const place = slotInStack({ service: service.name, slot })
  const message = `${place} serves again; it counts once it has gone on for ${patience}.`
  return { record: { ...record, outcome: 'degraded', message }, release: plan.changes, wakeAt: until }
}

/** What had failed serves after all, because its cause went away: then it is healthy. */
function recover({ record }: StepInput, wanted: Revision): Step {
  const message = `Revision ${shortRevision(wanted.revision)} serves after all.`
  return {
    record: { ...withHealthy(record, wanted), bad: null, outcome: 'converged', message },
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
