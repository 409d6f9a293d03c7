import type { Failure } from '../../../schemas/record.ts'
import type { HostStatus, SourceStatus, StackStatus } from '../../../schemas/status.ts'
import { conditionOf, isReady } from '../verdict.ts'
import { type Paint, visible } from './paint.ts'
import { age } from './words.ts'

/** The last lines of a failed task's log that are shown. */
const LOG_LINES = 5

/** What somebody should know of a stack that is not as it should be; nothing when all is well. */
export function stackNotes(stack: StackStatus, paint: Paint): string[] {
  const messages = new Set<string>()
  const add = (message: string | undefined) => message && messages.add(message)
  for (const type of ['Stalled', 'Drifted'] as const) {
    const condition = conditionOf(stack, type)
    if (condition?.status === 'True') add(condition.message)
  }
  if (!isReady(stack)) add(conditionOf(stack, 'Ready')?.message)
  return [
    ...[...messages].map((message) => `${paint(`${stack.name}:`, 'bold')} ${visible(message)}`),
    ...(stack.failure ? failureNotes(stack.name, stack.failure, paint) : []),
    ...stack.problems.map((problem) => `  ${visible(problem)}`),
  ]
}

/** Why a task failed, with what its probe and its log said. */
export function failureNotes(stack: string, failure: Failure, paint: Paint): string[] {
  const exit = failure.exitCode === undefined ? '' : ` (exit code ${failure.exitCode})`
  const quoted = (label: string, lines: string[]) =>
    lines.map((line) => paint(`    ${label} | ${visible(line)}`, 'dim'))
  return [
    `  ${stack}/${failure.service}.${failure.slot} on ${failure.host}: ${visible(failure.message)}${exit}`,
    ...quoted('probe', (failure.probe ?? '').split('\n').filter(isText).slice(0, LOG_LINES)),
    ...quoted('log', (failure.log ?? []).filter(isText).slice(-LOG_LINES)),
  ]
}

export function sourceNotes(sources: SourceStatus[], paint: Paint, now: Date): string[] {
  return sources.flatMap(({ name, url, error, polled }) => {
    if (!error) return []
    const last = polled ? `; last read ${age(polled, now)} ago` : '; never read so far'
    const hint = error.hint ? [`  ${visible(error.hint)}`] : []
    return [`${paint(`source ${name}:`, 'bold')} ${visible(error.message)} (${visible(url)}${last})`, ...hint]
  })
}

export function hostNotes(hosts: HostStatus[], paint: Paint, now: Date): string[] {
  return hosts
    .filter(({ state }) => state !== 'ready')
    .map(
      ({ name, state, seen }) =>
        `${paint(`host ${name}:`, 'bold')} ${state}, last seen ${age(seen, now)} ago`,
    )
}

function isText(line: string): boolean {
  return line.trim() !== ''
}
