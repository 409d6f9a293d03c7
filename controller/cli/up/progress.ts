import { shortRevision } from '../../../schemas/revision.ts'
import { slotInStack } from '../../../schemas/slot.ts'
import type {
  Condition,
  SourceStatus,
  StackStatus,
  StatusDocument,
  TaskView,
} from '../../../schemas/status.ts'
import { failureNotes } from '../format/notes.ts'
import { type Paint, type Tone, visible } from '../format/paint.ts'
import { servingOf } from '../format/words.ts'
import { conditionOf, isReady, isTrue } from '../verdict.ts'

const NOTHING: StatusDocument = {
  stacks: [],
  hosts: [],
  sources: [],
  controller: { leads: false, message: null },
}

/** What was told of the errors of each source and of the problems of each stack since it was last well. */
type Told = Map<string, Set<string>>

/** Tells of the step from one status to the next what a person wants to hear; nothing when only details have changed. */
export function progressTeller(
  paint: Paint,
): (before: StatusDocument | undefined, after: StatusDocument) => string[] {
  const told: Told = new Map()
  return (before = NOTHING, after) => {
    remember(told, before)
    return progressLines(before, after, { label: labeller(after, paint), paint, told })
  }
}

/** An error that comes back while another was there is not told again: only what is well can break anew. */
function remember(told: Told, { sources, stacks }: StatusDocument): void {
  const add = (key: string, texts: string[]) => told.set(key, new Set([...(told.get(key) ?? []), ...texts]))
  for (const { name, error } of sources) {
    if (error) add(`source ${name}`, [error.message])
    else told.delete(`source ${name}`)
  }
  for (const stack of stacks) {
    if (!invalidRevision(stack)) told.delete(stack.name)
    add(stack.name, stack.problems)
  }
}

function progressLines(before: StatusDocument, after: StatusDocument, words: Words): string[] {
  const { stacks, hosts, sources } = before
  const { label } = words
  const old = <T extends { name: string }>(list: T[], name: string) => list.find((item) => item.name === name)
  return [
    ...after.sources.flatMap((source) => sourceLines(old(sources, source.name), source, words)),
    ...after.stacks.flatMap((stack) => stackLines(old(stacks, stack.name), stack, words)),
    ...stacks.filter(({ name }) => !old(after.stacks, name)).map(({ name }) => label(name, 'removed')),
    ...after.hosts.flatMap((host) => {
      const was = old(hosts, host.name)?.state ?? 'ready'
      if (was === host.state) return []
      return [label(`host ${host.name}`, host.state, host.state === 'ready' ? 'good' : 'bad')]
    }),
  ]
}

function sourceLines(before: SourceStatus | undefined, after: SourceStatus, words: Words): string[] {
  const name = `source ${after.name}`
  if (!after.error) return before?.error ? [words.label(name, 'is read again', 'good')] : []
  const { message, hint = '' } = after.error
  if (words.told.get(name)?.has(message)) return []
  const [first = '', ...rest] = message.split('\n')
  const more = [...rest, hint].filter(Boolean).map((line) => `  ${visible(line)}`)
  return [words.label(name, visible(first), 'bad'), ...more]
}

function stackLines(before: StackStatus | undefined, after: StackStatus, words: Words): string[] {
  return [
    ...restartLines(before, after, words),
    ...outcomeLines(before, after, words),
    ...driftLines(before, after, words),
    ...after.problems
      .filter((problem) => !words.told.get(after.name)?.has(problem))
      .map((problem) => words.label(after.name, visible(problem), 'warn')),
  ]
}

function outcomeLines(before: StackStatus | undefined, after: StackStatus, words: Words): string[] {
  const headlineNow = headline(after)
  if (before && isQuiet(before, after)) return []
  if (before && headlineNow === headline(before)) {
    return tally(before) === tally(after) ? [] : [words.label(after.name, tally(after))]
  }
  return [words.label(after.name, headlineNow, tone(after)), ...newFailure(before, after, words.paint)]
}

/** A commit that does not touch the stack moves its revision and nothing else. */
function isQuiet(before: StackStatus, after: StackStatus): boolean {
  const rests = (stack: StackStatus) => stack.outcome === 'converged' && isReady(stack)
  const tasks = (stack: StackStatus) => tasksOf(stack).map(({ task }) => task.id)
  return rests(before) && rests(after) && `${tasks(before)}` === `${tasks(after)}`
}

/** A task whose process ended and that runs again, or is about to. */
function restartLines(before: StackStatus | undefined, after: StackStatus, { label }: Words): string[] {
  if (before === undefined) return []
  const earlier = new Map(tasksOf(before).map(({ task }) => [task.id, task]))
  return tasksOf(after).flatMap(({ name, task }) => {
    const why = whyAgain(earlier.get(task.id) ?? task, task)
    return why === undefined ? [] : [label(after.name, `${name} restarted: ${visible(why)}`, 'warn')]
  })
}

function whyAgain(before: TaskView, { restarts, renewals, error, exitCode }: TaskView): string | undefined {
  if (restarts > before.restarts) return error?.message ?? endOfRun(exitCode)
  if (renewals <= before.renewals) return undefined
  return 'its host began it anew, since it, or a task of which it shares something, had changed'
}

/** A task that was refused, and has had no run until now, has no exit code. */
function endOfRun(exitCode: number | null): string {
  return exitCode === null ? 'what was in its way has gone' : `it exited with code ${exitCode}`
}

function tasksOf({ services }: StackStatus): { name: string; task: TaskView }[] {
  return services.flatMap(({ name: service, tasks }) =>
    tasks.map((task) => ({ name: slotInStack({ service, slot: task.slot }), task })),
  )
}

function newFailure(before: StackStatus | undefined, after: StackStatus, paint: Paint): string[] {
  if (!after.failure || JSON.stringify(after.failure) === JSON.stringify(before?.failure)) return []
  return failureNotes(after.name, after.failure, { paint, said: headline(after) })
}

function driftLines(before: StackStatus | undefined, after: StackStatus, { label }: Words): string[] {
  const was = before !== undefined && isTrue(before, 'Drifted')
  const is = isTrue(after, 'Drifted')
  if (was === is) return []
  if (!is) return [label(after.name, 'drift is gone', 'good')]
  return [label(after.name, `drifted: ${visible(conditionOf(after, 'Drifted')?.message ?? '')}`, 'warn')]
}

/** The outcome in a sentence; it changes when a person should hear of it. */
function headline(stack: StackStatus): string {
  const { attempted, applied } = stack.revision
  const invalid = invalidRevision(stack)
  if (invalid && stack.outcome !== 'rolling') return visible(invalid.message)
  switch (stack.outcome) {
    case 'rolling':
      // on its way in, or out
      return attempted === null ? message(stack) || 'rolling' : `rolling to ${shortRevision(attempted)}`
    case 'converged':
      return isReady(stack)
        ? `converged at ${shortRevision(applied)}, ${tally(stack)}`
        : `settling at ${shortRevision(attempted)}`
    case 'rolledBack':
      return `rolled back to ${shortRevision(applied)}: ${message(stack).replace(/^Went back to \S+: /, '')}`
    case 'superseded':
      return `a newer commit takes over from ${shortRevision(attempted)}`
    default:
      return `${stack.outcome}: ${message(stack)}`
  }
}

/** The newest commit cannot be used; what it says of problems is the commit's, not that of what runs. */
function invalidRevision(stack: StackStatus): Condition | undefined {
  const stalled = conditionOf(stack, 'Stalled')
  return stalled?.status === 'True' && stalled.reason === 'InvalidRevision' ? stalled : undefined
}

function message(stack: StackStatus): string {
  const condition = isTrue(stack, 'Stalled') ? conditionOf(stack, 'Stalled') : conditionOf(stack, 'Ready')
  return visible(condition?.message ?? '')
}

/** `2/3 tasks serve` */
function tally({ services }: StackStatus): string {
  return `${servingOf(services)} tasks serve`
}

function tone(stack: StackStatus): Tone {
  if (stack.outcome === 'converged' && isReady(stack)) return 'good'
  return stack.outcome === 'rolledBack' || stack.outcome === 'stalled' ? 'bad' : 'warn'
}

/** Writes who it is about, then what; all names of a status take the same room. */
type Label = (name: string, text: string, tone?: Tone) => string

interface Words {
  label: Label
  paint: Paint
  told: Told
}

function labeller({ stacks, sources, hosts }: StatusDocument, paint: Paint): Label {
  const names = [
    ...stacks.map(({ name }) => name),
    ...sources.map(({ name }) => `source ${name}`),
    ...hosts.map(({ name }) => `host ${name}`),
  ]
  const width = Math.max(12, ...names.map((name) => name.length))
  return (name, text, tone) => `${paint(name.padEnd(width), 'bold')} ${tone ? paint(text, tone) : text}`
}
