import type { DriftItem } from '../../../schemas/status.ts'
import type { Paint } from './paint.ts'
import { table } from './table.ts'
import { age } from './words.ts'

const HANDLING = {
  heal: 'being healed',
  report: 'only reported',
  unhealed: 'not put right by a new start',
} as const

/** Every field that is not as it was set up. */
export function driftView(items: DriftItem[], paint: Paint, now: Date): string[] {
  if (items.length === 0) return ['Nothing has drifted.']
  const rows = items.map((item) => [
    item.stack === '' ? 'no stack' : `${item.stack}/${item.service}`,
    item.taskId,
    item.host,
    item.field,
    item.wanted,
    { text: item.found, tone: 'warn' as const },
    age(item.since, now),
    HANDLING[item.handling],
  ])
  return table(['SERVICE', 'TASK', 'HOST', 'FIELD', 'WANTED', 'FOUND', 'SINCE', 'HANDLING'], rows, paint)
}
