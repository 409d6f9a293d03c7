import { shortRevision } from '../../../schemas/revision.ts'
import type { SourceStatus, StackStatus, StatusDocument } from '../../../schemas/status.ts'
import { failureNotes } from '../format/notes.ts'
import { type Paint, type Tone, visible } from '../format/paint.ts'
import { conditionOf, isReady, isTrue } from '../verdict.ts'

const NOTHING: StatusDocument = {
  stacks: [],
  hosts: [],
  sources: [],
  controller: { leads: false, message: null },
}

/** What a person wants to be told of the step from one status to the next; nothing when only details have changed. */
export function progressLines(
  before: StatusDocument | undefined,
  after: StatusDocument,
  paint: Paint,
): string[] {
  const { stacks, hosts, sources } = before ?? NOTHING
  const label = labeller(after, paint)
  const old = <T extends { name: string }>(list: T[], name: string) => list.find((item) => item.name === name)
  return [
    ...after.sources.flatMap((source) => sourceLines(old(sources, source.name), source, label)),
    ...after.stacks.flatMap((stack) => stackLines(old(stacks, stack.name), stack, { label, paint })),
    ...stacks.filter(({ name }) => !old(after.stacks, name)).map(({ name }) => label(name, 'removed')),
    ...after.hosts.flatMap((host) => {
      const was = old(hosts, host.name)?.state ?? 'ready'
      if (was === host.state) return []
      return [label(`host ${host.name}`, host.state, host.state === 'ready' ? 'good' : 'bad')]
    }),
  ]
}

function sourceLines(before: SourceStatus | undefined, after: SourceStatus, label: Label): string[] {
  const name = `source ${after.name}`
  if (after.error && after.error.message !== before?.error?.message) {
    const hint = after.error.hint ? [`  ${visible(after.error.hint)}`] : []
    return [label(name, visible(after.error.message), 'bad'), ...hint]
  }
  return before?.error && !after.error ? [label(name, 'answers again', 'good')] : []
}

function stackLines(before: StackStatus | undefined, after: StackStatus, words: Words): string[] {
  return [
    ...outcomeLines(before, after, words),
    ...driftLines(before, after, words),
    ...after.problems
      .filter((problem) => !before?.problems.includes(problem))
      .map((problem) => words.label(after.name, visible(problem), 'warn')),
  ]
}

function outcomeLines(before: StackStatus | undefined, after: StackStatus, words: Words): string[] {
  const headlineNow = headline(after)
  if (before && headlineNow === headline(before)) {
    return tally(before) === tally(after) ? [] : [words.label(after.name, tally(after))]
  }
  return [words.label(after.name, headlineNow, tone(after)), ...newFailure(before, after, words.paint)]
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
  switch (stack.outcome) {
    case 'rolling':
      return `rolling to ${shortRevision(attempted)}`
    case 'converged':
      return isReady(stack)
        ? `converged at ${shortRevision(applied)}, ${tally(stack)}`
        : `settling at ${shortRevision(attempted)}`
    case 'rolledBack':
      return `rolled back to ${shortRevision(applied)}: ${message(stack)}`
    case 'superseded':
      return `a newer commit takes over from ${shortRevision(attempted)}`
    default:
      return `${stack.outcome}: ${message(stack)}`
  }
}

function message(stack: StackStatus): string {
  const condition = isTrue(stack, 'Stalled') ? conditionOf(stack, 'Stalled') : conditionOf(stack, 'Ready')
  return visible(condition?.message ?? '')
}

/** `2/3 tasks serve` */
function tally({ services }: StackStatus): string {
  const sum = (key: 'healthy' | 'desired') => services.reduce((total, service) => total + service[key], 0)
  return `${sum('healthy')}/${sum('desired')} tasks serve`
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
