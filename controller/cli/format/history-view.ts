import { formatDuration } from '../../../schemas/duration.ts'
import type { HistoryEntry } from '../../../schemas/record.ts'
import { shortRevision } from '../../../schemas/revision.ts'
import type { HistoryDocument } from '../../../schemas/status.ts'
import { failureLine, failureNotes } from './notes.ts'
import type { Paint, Tone } from './paint.ts'
import { type Cell, table } from './table.ts'
import { age } from './words.ts'

const TONES: Record<HistoryEntry['outcome'], Tone> = {
  converged: 'good',
  rolling: 'warn',
  rolledBack: 'bad',
  degraded: 'warn',
  stalled: 'bad',
  superseded: 'dim',
}

/** What became of each revision, newest first. */
export function historyView({ stack, entries }: HistoryDocument, paint: Paint, now: Date): string[] {
  if (entries.length === 0) return [`Nothing has happened to ${stack} yet.`]
  const rows = entries.map((entry): Cell[] => [
    `${age(entry.startedAt, now)} ago`,
    `${entry.direction === 'back' ? '↩ ' : ''}${shortRevision(entry.revision)}`,
    { text: entry.outcome, tone: TONES[entry.outcome] },
    entry.trigger,
    duration(entry),
    reason(entry),
  ])
  const said = entries.flatMap((entry) => lastWords(stack, entry, paint))
  return [
    ...table(['STARTED', 'REVISION', 'OUTCOME', 'TRIGGER', 'TOOK', 'REASON'], rows, paint),
    ...(said.length === 0 ? [] : ['', ...said]),
  ]
}

/** What the probe and the log of a failed task said, under the revision that it failed. */
function lastWords(stack: string, { revision, failure }: HistoryEntry, paint: Paint): string[] {
  const notes = failure === undefined ? [] : failureNotes(stack, failure, { paint, said: failure.message })
  return notes.length === 0 ? [] : [`${shortRevision(revision)}:`, ...notes]
}

function duration({ startedAt, finishedAt }: HistoryEntry): string {
  return finishedAt ? formatDuration(Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt))) : ''
}

function reason({ failure }: HistoryEntry): string {
  return failure ? failureLine(failure) : ''
}
