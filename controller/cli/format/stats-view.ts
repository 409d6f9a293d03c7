import { slotName } from '../../../schemas/slot.ts'
import type { StatsDocument, TaskStats } from '../../../schemas/status.ts'
import type { Paint } from './paint.ts'
import { type Cell, table } from './table.ts'
import { bytes } from './words.ts'

const HEAD = [
  'TASK',
  'HOST',
  'CORES',
  'MEMORY',
  'LIMIT',
  'PIDS',
  'RECEIVED',
  'SENT',
  'READ',
  'WRITTEN',
  'PRESSURE',
]

/** A table of what each task uses. */
export function statsView({ tasks }: StatsDocument, paint: Paint): string[] {
  if (tasks.length === 0) return ['No task runs, or no host has told what its tasks use yet.']
  return table(HEAD, tasks.map(rowOf), paint)
}

function rowOf(task: TaskStats): Cell[] {
  const { host, usage } = task
  const { cores, memory, memoryLimit, pids, received, sent, read, written } = usage
  return [
    slotName(task),
    host,
    cores === undefined ? '' : cores.toFixed(2),
    bytes(memory),
    sizeOf(memoryLimit),
    pids,
    ...[received, sent, read, written].map(sizeOf),
    pressureOf(usage),
  ]
}

function sizeOf(value: number | undefined): string {
  return value === undefined ? '' : bytes(value)
}

/** What it waited for, in percent of the last ten seconds; nothing when it did not wait. */
function pressureOf({ pressure = {} }: TaskStats['usage']): string {
  return Object.entries(pressure)
    .filter(([, share]) => share >= 0.01)
    .map(([resource, share]) => `${resource} ${Math.round(share * 100)}%`)
    .join(', ')
}
