import { SetpointError } from '../../schemas/error.ts'
import { type LocatedTask, tasksOf } from '../../schemas/fleet.ts'
import type { StackRecord } from '../../schemas/record.ts'
import type { Channel } from '../../schemas/session/channel.ts'
import type { LogsRequest } from '../../schemas/session/request.ts'
import { slotInStack } from '../../schemas/slot.ts'
import type { LogPiece } from '../../schemas/status.ts'
import type { Access, LogsQuery, TargetedRequest } from '../api/access.ts'
import type { Fleet } from '../observed/fleet.ts'
import { wantedRevision } from '../rollout/accept.ts'
import { readLogs } from '../session/logs.ts'
import type { SessionOpener } from '../session/open.ts'
import { findTarget } from '../session/target.ts'
import { createProcesses } from './processes.ts'

export interface AccessDeps {
  fleet: Pick<Fleet, 'observed'>
  /** False while hosts have yet to be heard of again. */
  allHeard: () => boolean
  opener: Pick<SessionOpener, 'open'>
  /** Throws NOT_LEADER for a controller that may ask nothing of hosts, or not yet. */
  mayOpen: () => unknown
  /** The record of a stack; throws STACK_NOT_FOUND for one that nobody has declared. */
  record: (stack: string) => StackRecord | undefined
  onChange: (listener: () => void) => () => void
  now: () => Date
}

/** What reaches into tasks: their logs, and live sessions with them. */
export function createAccess(deps: AccessDeps): Access {
  const observed = () => deps.fleet.observed(deps.now())
  return {
    logs: (query, signal) => logs(deps, query, signal),
    openSession: (name, request) => open(deps, findTarget(observed(), name), request),
    ...createProcesses({
      observed,
      open: (target) => open(deps, target, { kind: 'top' }),
      checkStack: deps.record,
    }),
  }
}

function open(
  { opener }: AccessDeps,
  { task, host }: LocatedTask,
  request: TargetedRequest,
): Promise<Channel> {
  const { name } = host.info
  if (host.state === 'lost') throw silent(name, `Task ${task.id} is on ${name}, which does not report.`)
  return opener.open(name, { ...request, taskId: task.id })
}

/** Checked before the first line is asked for, so that a wrong name is told as such. */
function logs(deps: AccessDeps, query: LogsQuery, signal: AbortSignal): AsyncGenerator<LogPiece> {
  const { stack, target: name, ...rest } = query
  const record = deps.record(stack)
  const meant = () =>
    tasksOf(deps.fleet.observed(deps.now()), stack).filter((located) => isMeant(located, query))
  const located = meant()
  if (located.length === 0 && !deps.allHeard()) throw notRead(stack)
  if (located.length === 0 && !query.follow) throw noLogs(deps, record, query)
  if (located.length === 0 && name !== undefined) checkService(deps, record, query)
  if (located.length > 0 && keepsNothing(record, located)) throw nothingKept(query)
  const [first] = located
  const service =
    name === undefined ? {} : first?.task.id === name ? { taskId: name } : serviceAndSlot(located, name)
  const request: LogsRequest = { kind: 'logs', stack, ...service, ...rest }
  const ready = () => [
    ...new Set(
      meant()
        .filter(({ host }) => host.state === 'ready')
        .map(({ host }) => host.info.name),
    ),
  ]
  if (located.length > 0 && ready().length === 0)
    throw allSilent(located, `${stack}${name ? `/${name}` : ''}`)
  deps.mayOpen() // or each host would be told to be missing
  return readLogs({ opener: deps.opener, request, hosts: ready, onChange: deps.onChange, signal })
}

/** `SERVICE`, `SERVICE.SLOT` or a task's id. */
function isMeant({ task }: LocatedTask, { target }: LogsQuery): boolean {
  return target === undefined || [task.service, slotInStack(task), task.id].includes(target)
}

/** A slot is read as the task that is in it now. */
function serviceAndSlot(located: LocatedTask[], name: string): Pick<LogsRequest, 'service' | 'taskId'> {
  const slot = located.find(({ task }) => task.service !== name)
  return slot ? { taskId: slot.task.id } : { service: name }
}

function noLogs(deps: AccessDeps, record: StackRecord | undefined, query: LogsQuery): SetpointError {
  checkService(deps, record, query)
  const { stack, target } = query
  const what = target === undefined ? `Stack ${stack}` : `Service ${stack}/${target}`
  return new SetpointError('STACK_NOT_FOUND', `${what} has no task yet.`)
}

/** True when the logs of none of the tasks are kept, as the stack files have it. */
function keepsNothing(record: StackRecord | undefined, located: LocatedTask[]): boolean {
  const services = (record && wantedRevision(record)?.spec.services) ?? []
  const silent = services.filter(({ container }) => container.logging?.driver === 'none')
  return located.every(({ task }) => silent.some(({ name }) => name === task.service))
}

function nothingKept({ stack, target }: LogsQuery): SetpointError {
  const what = target === undefined ? stack : `${stack}/${target}`
  return new SetpointError(
    'STACK_NOT_FOUND',
    `Nothing that ${what} writes is kept: its log driver is none.`,
    {
      hint: 'Take `logging.driver: none` out of the stack file, and its lines are kept from then on.',
    },
  )
}

function checkService(
  { fleet, now }: AccessDeps,
  record: StackRecord | undefined,
  { stack, target }: LogsQuery,
): void {
  const declared = (record && wantedRevision(record)?.spec.services) ?? []
  const running = tasksOf(fleet.observed(now()), stack).map(({ task }) => task.service)
  const services = [...new Set([...declared.map(({ name }) => name), ...running])].sort()
  if (target === undefined || services.includes(target)) return
  const [, service = '', slot] = /^(.+)\.(\d{1,6})$/.exec(target) ?? []
  if (services.includes(service)) {
    throw new SetpointError('STACK_NOT_FOUND', `Stack ${stack} has no task in slot ${slot} of ${service}.`)
  }
  const hint = services.length === 0 ? 'It has none yet.' : `There are: ${services.join(', ')}.`
  throw new SetpointError('STACK_NOT_FOUND', `Stack ${stack} has no service ${target}.`, { hint })
}

function allSilent(located: LocatedTask[], what: string): SetpointError {
  const hosts = [...new Set(located.map(({ host }) => host.info.name))].join(', ')
  return silent(hosts, `The logs of ${what} are on ${hosts}, which does not report.`)
}

function notRead(stack: string): SetpointError {
  return new SetpointError(
    'SESSION_LOST',
    `Where ${stack} runs is not known yet: the reports are being read.`,
    {
      hint: 'The controller has just started, or Redis does not answer: try again.',
    },
  )
}

function silent(host: string, message: string): SetpointError {
  return new SetpointError('SESSION_LOST', message, {
    hint: `\`setpoint hosts\` tells since when; the log files are on ${host}, under <state>/agent/tasks.`,
  })
}
