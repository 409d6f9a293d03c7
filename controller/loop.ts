import type { Dispatch } from './dispatch.ts'
import type { Fleet } from './observed/fleet.ts'
import { driftOf } from './plan/drift.ts'
import { withoutForgotten } from './plan/forgotten.ts'
import { planStack, slotsOf, targetOf } from './plan/plan.ts'
import { accept, type Candidate, wantedRevision } from './rollout/accept.ts'
import { isEmpty, nextInventory } from './rollout/inventory.ts'
import { type Around, step } from './rollout/step.ts'
import type { Records } from './state/records.ts'
import { conditionsOf, trackSince } from './status/conditions.ts'

export interface Deps {
  /** What the newest commit says of a stack; undefined until its source has been read. */
  candidate: (stack: string) => Candidate | undefined
  fleet: Pick<Fleet, 'observed'>
  records: Pick<Records, 'get' | 'put' | 'remove'>
  dispatch: Dispatch
  around: Around
  now: () => Date
}

/**
 * One turn of one stack: git → desired → plan → rollout → queue. It compares the whole of what is wanted with the
 * whole of what is seen, so anything may wake it, and a crash at any line repeats nothing.
 * @returns when the stack needs its next turn if nothing is reported before; null when it is gone
 */
export async function turn(deps: Deps, stack: string): Promise<Date | null> {
  const now = deps.now()
  const candidate = deps.candidate(stack)
  const observed = deps.fleet.observed(now)
  const accepted = accept(deps.records.get(stack), candidate, now)
  if (accepted === undefined) return null

  const wanted = wantedRevision(accepted)
  const plan = planStack(targetOf(stack, wanted), observed, accepted.inventory)
  const counted = withoutForgotten(observed, accepted.inventory)
  const drift = driftOf(stack, counted)
  const seen = { plan, slots: slotsOf(wanted, observed), observed: counted, now }
  const { record, release, wakeAt } = step({ record: accepted, ...seen, ...deps.around })
  const inventory = nextInventory(record, { release, observed, now })
  if (wanted === null && isEmpty(inventory, observed)) {
    await deps.records.remove(stack)
    return null
  }

  const conditions = conditionsOf({ record, candidate, observed, drift })
  const since = trackSince(record.since, { conditions, drift, now })
  await deps.records.put({ ...record, inventory, since }) // before anything is sent: what was attempted is known
  const resendAt = await deps.dispatch({ record, release, drift, observed: counted, now })
  return earlier(wakeAt, resendAt)
}

function earlier(a: Date | null, b: Date): Date {
  return a !== null && a < b ? a : b
}
