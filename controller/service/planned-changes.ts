import type { Revision, StackRecord } from '../../schemas/record.ts'
import { shortRevision } from '../../schemas/revision.ts'
import type { StackSpec } from '../../schemas/stack.ts'
import type { PlanDocument } from '../../schemas/status.ts'
import { specChanges } from '../plan/changes.ts'
import { applyPins, knownPins } from '../registry/pins.ts'
import { type Candidate, wantedRevision } from '../rollout/accept.ts'
import { withKnownSecrets } from '../secret/known.ts'
import type { Sources } from '../sources/sources.ts'
import type { Records } from '../state/records.ts'
import { withExternals } from './known-externals.ts'
import { allStacks } from './known-stacks.ts'

type StackChanges = PlanDocument['stacks'][number]

export interface PlanningDeps {
  records: Pick<Records, 'get' | 'list'>
  sources: Pick<Sources, 'stacks' | 'candidate' | 'problems'>
  /** The external configs by name. */
  externals: () => ReadonlyMap<string, Buffer>
}

/** What would change if a stack that was loaded away from the controller were wanted. */
export function candidateChanges(
  { records, externals }: Pick<PlanningDeps, 'records' | 'externals'>,
  offline: StackSpec,
): StackChanges {
  const record = records.get(offline.name)
  const running = record === undefined ? null : wantedRevision(record)
  const before = running?.spec ?? null
  const spec = withKnownSecrets(offline, before)
  return {
    name: spec.name,
    revision: running?.revision ?? null,
    // As it would be taken in, so that a pin which stays is no change, nor an external config that is known only here.
    changes: specChanges(before, withExternals(applyPins(spec, knownPins(record)), externals(), before)),
    problems: [],
  }
}

/** What a rollout under way, or a commit that was not accepted yet, still has to change. */
export function pendingChanges(deps: PlanningDeps): StackChanges[] {
  return allStacks(deps).map((name) => {
    const record = deps.records.get(name)
    const from = movedFrom(record)
    const to = newest(deps.sources.candidate(name), record)
    return {
      name,
      revision: from?.revision ?? null,
      changes: specChanges(from?.spec ?? null, to),
      problems: [...deps.sources.problems(name), ...heldBack(record, to)],
    }
  })
}

/**
 * The healthy revision; or the accepted one once nothing moves any more although not all of it serves: also after a
 * first deploy that failed, of which all that could be started is left.
 */
function movedFrom(record: StackRecord | undefined): Revision | null {
  if (record === undefined) return null
  const { accepted, healthy, bad, rollout } = record
  return rollout === null && (bad === null || healthy === null) ? accepted : healthy
}

/** What is wanted by the newest commit that can be taken in; null when that has the stack no more. */
function newest(candidate: Candidate | undefined, record: StackRecord | undefined): StackSpec | null {
  if (candidate?.spec === 'removed') return null
  if (candidate === undefined || candidate.spec === 'invalid') return record?.accepted?.spec ?? null
  return candidate.spec
}

/** Why what the newest commit would change does not happen. */
function heldBack(record: StackRecord | undefined, to: StackSpec | null): string[] {
  if (record === undefined || record.bad === null || record.bad.digest !== to?.digest) return []
  const { revision, reason } = record.bad
  return [`${shortRevision(revision)} is held back until a commit changes the stack: ${reason}`]
}
