import { PREVIOUS_KEPT, type Revision, type StackRecord } from '../../schemas/record.ts'

/** The record of a stack of which a revision has proved healthy: a rollback goes there from now on. */
export function withHealthy(record: StackRecord, healthy: Revision): StackRecord {
  const bad = record.bad?.digest === healthy.spec.digest ? null : record.bad
  return { ...record, healthy, previous: keepPrevious(record, healthy), bad }
}

/** The earlier healthy revisions, newest first, each content once. */
function keepPrevious({ healthy, previous }: StackRecord, to: Revision): Revision[] {
  const earlier = healthy === null ? previous : [healthy, ...previous]
  return earlier
    .filter(
      (revision, at) =>
        revision.spec.digest !== to.spec.digest &&
        at === earlier.findIndex((other) => other.spec.digest === revision.spec.digest),
    )
    .slice(0, PREVIOUS_KEPT)
}
