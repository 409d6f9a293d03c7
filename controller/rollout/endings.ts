import type { Failure, Revision, Rollout, StackRecord } from '../../schemas/record.ts'
import { slotInStack } from '../../schemas/slot.ts'
import { startRollback } from './accept.ts'
import { withHealthy } from './healthy.ts'
import { lastRestarted } from './held.ts'
import { finishEntry } from './history.ts'
import type { SlotTasks } from './slot-tasks.ts'
import { firstUnserved, standingOf } from './standing.ts'
import type { Step, StepInput } from './step.ts'

/**
 * Nothing is left to move. What serves must go on serving for the services' `monitor` time; then the rollout ends, as
 * what the stack has come to. What was started again meanwhile has that time from its latest start. The revision
 * counts as healthy unless more of it failed than is allowed.
 */
export function arrive(
  input: StepInput,
  { tasks, hasFailed }: { tasks: SlotTasks; hasFailed: boolean },
): Step {
  const { record, now } = input
  const { rollout } = record
  if (rollout === null) return { record, release: [], wakeAt: null }
  const serving = record.since.serving ?? now.toISOString()
  const restarted = lastRestarted(rollout.to.spec, { ...input, tasks })
  const until = new Date(Math.max(Date.parse(serving) + watchTime(rollout), restarted?.until.getTime() ?? 0))
  if (now < until)
    return { record: { ...record, since: { ...record.since, serving } }, release: [], wakeAt: until }
  const isHealthy = !hasFailed || firstUnserved(input, tasks) === undefined
  const proved = isHealthy ? withHealthy(record, rollout.to) : record
  const standing = standingOf({ ...input, record: proved }, rollout.to, tasks)
  const { serving: _, ...since } = record.since
  const ended = finish(proved, { outcome: standing.outcome, now })
  return { record: { ...ended, ...standing, rollout: null, since }, release: [], wakeAt: null }
}

/** The forward rollout failed: the whole stack goes back to the last healthy revision (law 8). */
export function turnBack(
  record: StackRecord,
  healthy: Revision,
  { cause, now }: { cause: Failure; now: Date },
): Step {
  const ended = finish(record, { outcome: 'rolledBack', failure: cause, now })
  const reason = explain(cause)
  return {
    record: startRollback(ended, healthy, { now, reason, trigger: 'automatic', cause }),
    release: [],
    wakeAt: now,
  }
}

/** There is nothing to go back to: what runs is left as it is, and the content is held as bad until a commit changes it. */
export function stall(record: StackRecord, cause: Failure, now: Date): Step {
  const { accepted } = record
  const bad = accepted && {
    revision: accepted.revision,
    digest: accepted.spec.digest,
    reason: explain(cause),
    at: now.toISOString(),
  }
  const ended = finish(record, { outcome: 'stalled', failure: cause, now })
  const message = `${explain(cause)} There is no healthy revision to go back to; commit a fix.`
  return { record: { ...ended, rollout: null, bad, outcome: 'stalled', message }, release: [], wakeAt: null }
}

/** Stops handing out work and waits for a person or a newer commit. */
export function pause(record: StackRecord, cause: Failure, now: Date): Step {
  const { rollout } = record
  if (rollout === null) return { record, release: [], wakeAt: null }
  const ended = finish(record, { outcome: 'stalled', failure: cause, now })
  const message = `${rollout.direction === 'back' ? 'The rollback' : 'The rollout'} is paused: ${explain(cause)}`
  const paused: Rollout = { ...rollout, phase: 'paused', cause: rollout.cause ?? cause }
  return { record: { ...ended, rollout: paused, outcome: 'stalled', message }, release: [], wakeAt: null }
}

/** `web.2 failed: …` */
export function explain(cause: Failure): string {
  const message = /[.!?]$/.test(cause.message) ? cause.message : `${cause.message}.`
  return `${slotInStack(cause)} failed: ${message}`
}

function watchTime(rollout: Rollout): number {
  if (rollout.direction === 'back') return 0
  const touched = rollout.to.spec.services.filter(
    ({ name }) => Object.keys(rollout.services[name]?.released ?? {}).length > 0,
  )
  return Math.max(0, ...touched.map((service) => service.update.monitor))
}

function finish(record: StackRecord, end: Parameters<typeof finishEntry>[2]): StackRecord {
  if (record.rollout === null) return record
  return { ...record, history: finishEntry(record.history, record.rollout.id, end) }
}
