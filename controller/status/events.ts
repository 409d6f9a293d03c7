import type { Event } from '../../schemas/event.ts'
import { shortRevision } from '../../schemas/revision.ts'
import { slotName } from '../../schemas/slot.ts'
import type {
  DriftItem,
  HostStatus,
  SourceStatus,
  StackStatus,
  StatusDocument,
  TaskView,
} from '../../schemas/status.ts'

/** What can be seen at a moment. */
export interface Scene {
  status: StatusDocument
  drift: DriftItem[]
}

/** An event without its time. */
type EventFacts = Omit<Event, 'at'>

/** What has happened between two moments: hosts and sources first, then each stack with its tasks, then drift. */
export function eventsBetween(before: Scene, after: Scene): EventFacts[] {
  return [
    ...changes(before.status.hosts, after.status.hosts, { key: (host) => host.name, tell: hostEvents }),
    ...changes(before.status.sources, after.status.sources, { key: ({ name }) => name, tell: sourceEvents }),
    ...changes(before.status.stacks, after.status.stacks, { key: ({ name }) => name, tell: stackEvents }),
    ...changes(before.drift, after.drift, { key: driftKey, tell: driftEvents }),
  ]
}

interface Telling<T> {
  key(item: T): string
  /** What has happened to one of them; undefined: it was not there, or is not any more. */
  tell(before: T | undefined, after: T | undefined): EventFacts[]
}

function changes<T>(before: T[], after: T[], { key, tell }: Telling<T>): EventFacts[] {
  const earlier = new Map(before.map((item) => [key(item), item]))
  const later = new Map(after.map((item) => [key(item), item]))
  const names = new Set([...earlier.keys(), ...later.keys()])
  return [...names].flatMap((name) => tell(earlier.get(name), later.get(name)))
}

const HOST_STATES = { ready: 'HostReady', stale: 'HostLate', lost: 'HostLost' } as const

function hostEvents(before: HostStatus | undefined, after: HostStatus | undefined): EventFacts[] {
  const host = (after ?? before)?.name ?? ''
  const event = (reason: string, message: string): EventFacts => ({ type: 'host', reason, message, host })
  if (after === undefined) return [event('HostGone', `${host} is not known any more`)]
  const events: EventFacts[] = []
  if (before === undefined) events.push(event('HostJoined', `${host} reports for the first time`))
  else if (before.state !== after.state) {
    events.push(event(HOST_STATES[after.state], `${host} is ${after.state}, and was ${before.state}`))
  }
  if (after.problem !== null && after.problem.at !== before?.problem?.at) {
    events.push(event('JobRefused', after.problem.message))
  }
  return events
}

function sourceEvents(before: SourceStatus | undefined, after: SourceStatus | undefined): EventFacts[] {
  if (before === undefined || after === undefined) return []
  const { name, revision, error } = after
  const events: EventFacts[] = []
  if (revision !== null && revision !== before.revision) {
    const message = `source ${name} has revision ${shortRevision(revision)}`
    events.push({ type: 'source', reason: 'NewRevision', message })
  }
  if (error !== null && error.message !== before.error?.message) {
    events.push({ type: 'source', reason: 'SourceFailed', message: `source ${name}: ${error.message}` })
  } else if (error === null && before.error !== null) {
    events.push({ type: 'source', reason: 'SourceReadable', message: `source ${name} can be read again` })
  }
  return events
}

function stackEvents(before: StackStatus | undefined, after: StackStatus | undefined): EventFacts[] {
  const stack = (after ?? before)?.name ?? ''
  const event = (reason: string, message: string): EventFacts => ({ type: 'stack', reason, message, stack })
  const tasks = changes(tasksOf(before), tasksOf(after), {
    key: ({ task }) => task.id,
    tell: taskEvents(stack),
  })
  if (after === undefined) return [...tasks, event('StackRemoved', `stack ${stack} is gone`)]
  const events: EventFacts[] = []
  const attempted = after.revision.attempted
  if (attempted !== null && attempted !== before?.revision.attempted) {
    events.push(event('RevisionAccepted', `stack ${stack} is to be at ${shortRevision(attempted)}`))
  }
  if (after.problems.length > 0 && after.problems.join() !== before?.problems.join()) {
    events.push(event('Problems', after.problems.join('; ')))
  }
  if (after.outcome !== before?.outcome) events.push(event(pascal(after.outcome), outcomeMessage(after)))
  return [...events, ...tasks]
}

function outcomeMessage({ name, conditions, outcome, failure }: StackStatus): string {
  const said = failure?.message ?? conditions.find(({ type }) => type === 'Ready')?.message
  return `stack ${name} is ${outcome}${said === undefined ? '' : `: ${said}`}`
}

interface Placed {
  service: string
  task: TaskView
}

function tasksOf(stack: StackStatus | undefined): Placed[] {
  return (stack?.services ?? []).flatMap(({ name, tasks }) => tasks.map((task) => ({ service: name, task })))
}

function taskEvents(stack: string) {
  return (before: Placed | undefined, after: Placed | undefined): EventFacts[] => {
    const { service, task } = (after ?? before) as Placed
    const name = slotName({ stack, service, slot: task.slot })
    const place = { stack, service, slot: task.slot, taskId: task.id, host: task.host }
    const event = (reason: string, message: string): EventFacts => ({
      type: 'task',
      reason,
      message,
      ...place,
    })
    // Its host may still be stopping it: who goes is part of no status.
    if (after === undefined) return [event('TaskRemoved', `${name} is being removed`)]
    const was = before?.task
    const events: EventFacts[] = []
    if (was !== undefined && task.restarts > was.restarts) {
      const code = task.exitCode === null ? '' : `, its last exit code was ${task.exitCode}`
      events.push(event('TaskRestarted', `${name} is started again${code}`))
    }
    if (was !== undefined && task.renewals > was.renewals) {
      events.push(event('TaskRenewed', `${name} is begun anew by its host`))
    }
    if (was?.state !== task.state) {
      const hasFailed = task.state === 'failed' || task.state === 'rejected'
      const why = hasFailed && task.error ? `: ${task.error.message}` : ''
      events.push(event(`Task${pascal(task.state)}`, `${name} is ${task.state}${why}`))
    }
    if (was?.health !== task.health && ['healthy', 'unhealthy'].includes(task.health)) {
      events.push(event(`Task${pascal(task.health)}`, `${name} is ${task.health}`))
    }
    return events
  }
}

function driftEvents(before: DriftItem | undefined, after: DriftItem | undefined): EventFacts[] {
  const { stack, service, taskId, host, field, wanted, found } = (after ?? before) as DriftItem
  const place = { stack, service, taskId, host }
  if (before === undefined) {
    const message = `${field} of ${taskId} is ${found}, and should be ${wanted}`
    return [{ type: 'drift', reason: 'Drifted', message, ...place }]
  }
  if (after !== undefined) return []
  return [
    { type: 'drift', reason: 'DriftGone', message: `${field} of ${taskId} is as it should be`, ...place },
  ]
}

function driftKey({ taskId, host, field }: DriftItem): string {
  return `${host}/${taskId}/${field}`
}

function pascal(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
