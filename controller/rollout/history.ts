import type { Failure, HistoryEntry, Outcome, Revision, Rollout } from '../../schemas/record.ts'

/** The history with an entry for a rollout that begins. Newest first. */
export function beginEntry(history: HistoryEntry[], rollout: Rollout, trigger: string): HistoryEntry[] {
  const entry: HistoryEntry = {
    id: rollout.id,
    revision: rollout.to.revision,
    digest: rollout.to.spec.digest,
    direction: rollout.direction,
    startedAt: rollout.startedAt,
    outcome: 'rolling',
    trigger,
  }
  return [entry, ...history]
}

/** The history with what a rollout came to. */
export function finishEntry(
  history: HistoryEntry[],
  id: string,
  end: { outcome: Outcome; now: Date; failure?: Failure },
): HistoryEntry[] {
  return history.map((entry) =>
    entry.id === id
      ? {
          ...entry,
          outcome: end.outcome,
          finishedAt: end.now.toISOString(),
          ...(end.failure && { failure: end.failure }),
        }
      : entry,
  )
}

/** The revisions under which the history knows a content, newest first: commits that did not touch it are not in it. */
export function namesInHistory(history: HistoryEntry[], { spec }: Revision): string[] {
  return history
    .filter(({ digest, direction }) => digest === spec.digest && direction === 'forward')
    .map(({ revision }) => revision)
}
