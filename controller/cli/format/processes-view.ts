import { formatDuration } from '../../../schemas/duration.ts'
import type { ProcessLine } from '../../../schemas/session/request.ts'
import { slotName } from '../../../schemas/slot.ts'
import type { ProcessesDocument, StackProcessesDocument } from '../../api/access.ts'
import type { Paint } from './paint.ts'
import { type Cell, table } from './table.ts'
import { age, bytes } from './words.ts'

const HEAD = ['PID', 'INSIDE', 'USER', 'CPU', 'MEMORY', 'AGE', 'COMMAND']

/** A table of the processes of one task, those that have used most CPU first. */
export function taskProcessesView({ processes }: ProcessesDocument, paint: Paint, now: Date): string[] {
  return table(HEAD, rowsOf(processes, now), paint)
}

/** The same of all tasks of a stack, task by task. */
export function stackProcessesView(
  { stack, tasks }: StackProcessesDocument,
  paint: Paint,
  now: Date,
): string[] {
  if (tasks.length === 0) return [`No task of ${stack} runs.`]
  const rows = tasks.flatMap(({ service, slot, host, processes }) =>
    rowsOf(processes, now).map((row): Cell[] => [slotName({ stack, service, slot }), host, ...row]),
  )
  return table(['TASK', 'HOST', ...HEAD], rows, paint)
}

function rowsOf(processes: ProcessLine[], now: Date): Cell[][] {
  return processes
    .toSorted((a, b) => b.cpu - a.cpu || a.pid - b.pid)
    .map((process) => [
      process.pid,
      process.innerPid ?? '',
      process.user,
      formatDuration(process.cpu * 1_000),
      bytes(process.memory),
      age(process.startedAt, now),
      process.argv.join(' '),
    ])
}
