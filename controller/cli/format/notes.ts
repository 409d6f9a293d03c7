import type { Failure } from '../../../schemas/record.ts'
import { slotInStack } from '../../../schemas/slot.ts'
import type { ControllerStatus, HostStatus, SourceStatus, StackStatus } from '../../../schemas/status.ts'
import { conditionOf, isReady } from '../verdict.ts'
import { type Paint, visible } from './paint.ts'
import { age } from './words.ts'

/** So many lines of a log or a probe are shown. */
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
    ...(stack.failure ? failureNotes(stack.name, stack.failure, { paint, said: [...messages].join() }) : []),
    ...stack.problems.map((problem) => `  ${visible(problem)}`),
  ]
}

/** Why a task failed, unless that was `said` before, with what its probe and its log said. */
export function failureNotes(
  stack: string,
  failure: Failure,
  { paint, said }: { paint: Paint; said: string },
): string[] {
  return [
    ...(visible(said).includes(visible(failure.message)) ? [] : [`  ${stack}/${failureLine(failure)}`]),
    ...quotedLines('probe', (failure.probe ?? '').split('\n'), paint),
    ...quotedLines('log', failure.log ?? [], paint),
  ]
}

/** The last lines of what a program wrote. */
export function quotedLines(label: string, lines: string[], paint: Paint): string[] {
  return lines
    .filter(isText)
    .slice(-LOG_LINES)
    .map((line) => paint(`    ${label} | ${visible(line)}`, 'dim'))
}

/** `web.1 on alpha: what happened (exit code 1)`; a task that no host has is on none. */
export function failureLine(failure: Failure): string {
  const { host, message } = failure
  const place = host === '' ? '' : ` on ${host}`
  return `${slotInStack(failure)}${place}: ${visible(message)}${exitCode(failure)}`
}

/** Nothing after a healthcheck: the code is then of how the task was stopped, or of an earlier run. */
function exitCode({ code, message, exitCode }: Failure): string {
  if (exitCode === undefined || code === 'HEALTH_FAILED' || message.includes(`code ${exitCode}`)) return ''
  return ` (exit code ${exitCode})`
}

export function sourceNotes(sources: SourceStatus[], paint: Paint, now: Date): string[] {
  return sources.flatMap(({ name, url, error, polled }) => {
    if (!error) return []
    const last = polled ? `; what was read ${age(polled, now)} ago stays in force` : '; never read so far'
    const hint = error.hint ? [`  ${visible(error.hint)}`] : []
    return [`${paint(`source ${name}:`, 'bold')} ${visible(error.message)} (${visible(url)}${last})`, ...hint]
  })
}

export function controllerNotes({ message }: ControllerStatus, paint: Paint): string[] {
  return message === null ? [] : [`${paint('controller:', 'bold')} ${message}`]
}

export function hostNotes(hosts: HostStatus[], paint: Paint, now: Date): string[] {
  return hosts.flatMap(({ name, state, seen, problem }) => {
    const label = paint(`host ${name}:`, 'bold')
    return [
      ...(state === 'ready' ? [] : [`${label} ${state}, last seen ${age(seen, now)} ago`]),
      ...(problem === null ? [] : [`${label} ${visible(problem.message)} (${age(problem.at, now)} ago)`]),
    ]
  })
}

function isText(line: string): boolean {
  return line.trim() !== ''
}
