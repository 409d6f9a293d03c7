import type { SourceStatus, StackStatus, StatusDocument } from '../../../schemas/status.ts'
import { failureNotes } from '../format/notes.ts'
import { type Paint, type Tone, visible } from '../format/paint.ts'
import { shortRevision } from '../format/words.ts'
import { conditionOf, isReady, isTrue } from '../verdict.ts'

const NOTHING: StatusDocument = { stacks: [], hosts: [], sources: [] }

/** What a person wants to be told of the step from one status to the next; nothing when only details have changed. */
export function progressLines(
  before: StatusDocument | undefined,
  after: StatusDocument,
  paint: Paint,
): string[] {
  const { stacks, hosts, sources } = before ?? NOTHING
  const old = <T extends { name: string }>(list: T[], name: string) => list.find((item) => item.name === name)
  return [
    ...after.sources.flatMap((source) => sourceLines(old(sources, source.name), source, paint)),
    ...after.stacks.flatMap((stack) => stackLines(old(stacks, stack.name), stack, paint)),
    ...stacks.filter(({ name }) => !old(after.stacks, name)).map(({ name }) => label(name, 'removed', paint)),
    ...after.hosts.flatMap((host) => {
      const was = old(hosts, host.name)?.state ?? 'ready'
      if (was === host.state) return []
      return [label(`host ${host.name}`, host.state, paint, host.state === 'ready' ? 'good' : 'bad')]
    }),
  ]
}

function sourceLines(before: SourceStatus | undefined, after: SourceStatus, paint: Paint): string[] {
  const name = `source ${after.name}`
  if (after.error && after.error.message !== before?.error?.message) {
    const hint = after.error.hint ? [`  ${visible(after.error.hint)}`] : []
    return [label(name, visible(after.error.message), paint, 'bad'), ...hint]
  }
  return before?.error && !after.error ? [label(name, 'answers again', paint, 'good')] : []
}

function stackLines(before: StackStatus | undefined, after: StackStatus, paint: Paint): string[] {
  return [
    ...outcomeLines(before, after, paint),
    ...driftLines(before, after, paint),
    ...after.problems
      .filter((problem) => !before?.problems.includes(problem))
      .map((problem) => label(after.name, visible(problem), paint, 'warn')),
  ]
}

function outcomeLines(before: StackStatus | undefined, after: StackStatus, paint: Paint): string[] {
  if (headline(after) !== (before && headline(before))) {
    const isNewFailure = JSON.stringify(after.failure) !== JSON.stringify(before?.failure)
    const failure = after.failure && isNewFailure ? failureNotes(after.name, after.failure, paint) : []
    return [label(after.name, headline(after), paint, tone(after)), ...failure]
  }
  if (tally(before as StackStatus) === tally(after)) return []
  return [label(after.name, tally(after), paint)]
}

function driftLines(before: StackStatus | undefined, after: StackStatus, paint: Paint): string[] {
  const was = before !== undefined && isTrue(before, 'Drifted')
  const is = isTrue(after, 'Drifted')
  if (is && !was) {
    return [
      label(after.name, `drifted: ${visible(conditionOf(after, 'Drifted')?.message ?? '')}`, paint, 'warn'),
    ]
  }
  return was && !is ? [label(after.name, 'drift is gone', paint, 'good')] : []
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

function label(name: string, text: string, paint: Paint, tone?: Tone): string {
  return `${paint(name.padEnd(12), 'bold')} ${tone ? paint(text, tone) : text}`
}
