import { shortRevision } from '../../../schemas/revision.ts'
import { slotName } from '../../../schemas/slot.ts'
import type { StackStatus, StatusDocument, TaskView } from '../../../schemas/status.ts'
import { isServing } from '../../../schemas/task.ts'
import { conditionOf, isReady, isTrue } from '../verdict.ts'
import { controllerNotes, hostNotes, sourceNotes, stackNotes } from './notes.ts'
import type { Paint, Tone } from './paint.ts'
import { type Cell, table } from './table.ts'
import { taskNotes } from './task-notes.ts'
import { age, clip, servingOf } from './words.ts'

export interface StatusViewOptions {
  paint: Paint
  now: Date
  /** Show every task, which is too much for a whole fleet. */
  tasks: boolean
  /** Show messages in full, as to a pipe; else they are cut, so that a row fits a terminal. */
  full?: boolean
}

/** Characters of a message in a terminal. */
const LONGEST = 60

/** The status for people: stacks, their services, and below what somebody should look at. */
export function statusView(
  document: StatusDocument,
  { paint, now, tasks, full = false }: StatusViewOptions,
): string[] {
  const { stacks } = document
  const blocks = [
    stacks.length === 0 ? ['There are no stacks.'] : stackTable(stacks, paint, now),
    stacks.some(({ services }) => services.length > 0) ? serviceTable(stacks, paint) : [],
    tasks && stacks.some((stack) => tasksOf(stack).length > 0) ? taskTable(stacks, { paint, now, full }) : [],
    [
      ...stacks.flatMap((stack) => [
        ...stackNotes(stack, paint),
        ...(tasks ? taskNotes(stack, { paint, now }) : []),
      ]),
      ...sourceNotes(document.sources, paint, now),
      ...controllerNotes(document.controller, paint),
      ...hostNotes(document.hosts, paint, now),
    ],
  ]
  return blocks
    .filter((block) => block.length > 0)
    .flatMap((block, at) => (at === 0 ? block : ['', ...block]))
}

function stackTable(stacks: StackStatus[], paint: Paint, now: Date): string[] {
  const rows = stacks.map((stack): Cell[] => [
    stack.name,
    { text: stack.outcome, tone: outcomeTone(stack) },
    isReady(stack) ? { text: 'yes', tone: 'good' } : { text: 'no', tone: 'bad' },
    revisionText(stack),
    servingOf(stack.services),
    stack.source,
    age(conditionOf(stack, 'Ready')?.since, now),
  ])
  return table(['STACK', 'OUTCOME', 'READY', 'REVISION', 'TASKS', 'SOURCE', 'SINCE'], rows, paint)
}

function serviceTable(stacks: StackStatus[], paint: Paint): string[] {
  const rows = stacks.flatMap(({ name, services }) =>
    services.map((service): Cell[] => [
      `${name}/${service.name}`,
      `${service.running}/${service.desired}`,
      { text: String(service.healthy), tone: service.healthy < service.desired ? 'warn' : 'good' },
      service.image,
      service.ports.join(', '),
    ]),
  )
  return table(['SERVICE', 'RUNNING', 'SERVING', 'IMAGE', 'PORTS'], rows, paint)
}

function taskTable(
  stacks: StackStatus[],
  { paint, now, full }: Pick<StatusViewOptions, 'paint' | 'now'> & { full: boolean },
): string[] {
  const rows = stacks.flatMap(({ name: stack, services }) =>
    services.flatMap(({ name: service, tasks }) =>
      tasks.map((task): Cell[] => [
        slotName({ stack, service, slot: task.slot }),
        task.id,
        task.host,
        { text: task.state, tone: taskTone(task) },
        task.health === 'none' ? '' : task.health,
        task.pid ?? '',
        task.addresses.join(', '),
        task.restarts,
        age(task.startedAt, now),
        full ? (task.message ?? errorText(task)) : clip(task.message ?? errorText(task), LONGEST),
      ]),
    ),
  )
  const header = ['TASK', 'ID', 'HOST', 'STATE', 'HEALTH', 'PID', 'ADDRESS', 'RESTARTS', 'UP', 'MESSAGE']
  return table(header, rows, paint)
}

/** What keeps a task from serving; what an earlier run died of is told by its restarts. */
function errorText(task: TaskView): string {
  if (isServing(task) || (task.state === 'complete' && task.exitCode === 0)) return ''
  return task.error?.message ?? (task.exitCode === null ? '' : `exit code ${task.exitCode}`)
}

/** `c0ffee1`, on its way `c0ffee1 → d00d123`, or given up `c0ffee1 (not d00d123)`. */
function revisionText({ revision: { attempted, applied }, outcome }: StackStatus): string {
  if (attempted === null || attempted === applied) return shortRevision(applied)
  if (applied === null) return `→ ${shortRevision(attempted)}`
  if (outcome === 'rolling') return `${shortRevision(applied)} → ${shortRevision(attempted)}`
  return `${shortRevision(applied)} (not ${shortRevision(attempted)})`
}

function outcomeTone(stack: StackStatus): Tone {
  if (isTrue(stack, 'Stalled') || stack.outcome === 'stalled') return 'bad'
  return stack.outcome === 'converged' ? 'good' : 'warn'
}

function taskTone({ state, health }: TaskView): Tone {
  if (state === 'complete') return 'good'
  if (state === 'failed' || state === 'rejected' || health === 'unhealthy') return 'bad'
  return state === 'running' ? 'good' : 'warn'
}

function tasksOf({ services }: StackStatus): TaskView[] {
  return services.flatMap(({ tasks }) => tasks)
}
