import type { Report, Snapshot } from '../../schemas/report.ts'
import type { TaskStatus } from '../../schemas/task.ts'
import { MAX_REPORT_BYTES, MAX_SNAPSHOT_BYTES } from '../../schemas/wire.ts'

/** What travels of a report. One that no controller would read goes without what its tasks have said. */
export function reportText(report: Report): string {
  return report.kind === 'delta' ? textWithin(MAX_REPORT_BYTES, report) : JSON.stringify(report)
}

/** The same of a snapshot. */
export function snapshotText(snapshot: Snapshot): string {
  return textWithin(MAX_SNAPSHOT_BYTES, snapshot)
}

function textWithin<T extends { tasks: TaskStatus[] }>(most: number, report: T): string {
  const text = JSON.stringify(report)
  if (Buffer.byteLength(text) <= most) return text
  return JSON.stringify({ ...report, tasks: report.tasks.map(withoutWords) })
}

/** How a task is, without the lines that it has written and what its probes have put out. */
function withoutWords({ logTail: _, lastProbe: _old, probes, ...status }: TaskStatus): TaskStatus {
  return { ...status, ...(probes && { probes: probes.map((probe) => ({ ...probe, output: '' })) }) }
}
