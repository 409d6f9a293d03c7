import { SetpointError } from '../../schemas/error.ts'
import type { Observed, ObservedHost } from '../../schemas/fleet.ts'
import type { TaskStatus } from '../../schemas/task.ts'

/** A task as people name it, and the host that has it. */
export interface Target {
  task: TaskStatus
  host: ObservedHost
}

/** The fewest letters that name a task. */
const SHORTEST = 4

/**
 * The task that is meant: `STACK/SERVICE` is the first one of the service that runs, `STACK/SERVICE.2` that of the slot;
 * anything else is a task's id or the beginning of one.
 * @throws SetpointError TASK_NOT_FOUND with what there is
 */
export function findTarget(observed: Observed, name: string): Target {
  const all = [...observed.values()].flatMap((host) => host.tasks.map((task) => ({ task, host })))
  return name.includes('/') ? bySlot(all, name) : byId(all, name)
}

function bySlot(all: Target[], name: string): Target {
  const [, stack, service, slot] = /^([^/]+)\/([^/]+?)(?:\.(\d{1,6}))?$/.exec(name) ?? []
  const named = all.filter(({ task }) => task.stack === stack && isNamed(task, name))
  const running = named.filter(({ task }) => task.state === 'running')
  const [first] = running.sort(
    (a, b) => state(a) - state(b) || a.task.slot - b.task.slot || a.task.id.localeCompare(b.task.id),
  )
  if (first) return first
  if (named.length > 0) throw notRunning(name, named)
  const services = [
    ...new Set(all.filter(({ task }) => task.stack === stack).map(({ task }) => task.service)),
  ]
  const hint =
    services.length === 0
      ? '`setpoint status` lists the stacks.'
      : `There are: ${services.sort().join(', ')}.`
  const what = slot === undefined ? `service ${service}` : `task in slot ${slot} of ${service}`
  throw new SetpointError('TASK_NOT_FOUND', `Stack ${stack} has no ${what}.`, { hint })
}

/** A service's own name may end in a dot and digits. */
function isNamed({ stack, service, slot }: TaskStatus, name: string): boolean {
  return name === `${stack}/${service}` || name === `${stack}/${service}.${slot}`
}

function byId(all: Target[], id: string): Target {
  const found = all.filter(({ task }) => task.id === id)
  const [first, second] =
    found.length > 0 ? found : id.length < SHORTEST ? [] : all.filter(({ task }) => task.id.startsWith(id))
  if (first === undefined) {
    throw new SetpointError('TASK_NOT_FOUND', `There is no task ${id}.`, {
      hint: 'Name it STACK/SERVICE, or by its id in `setpoint status STACK --output json`.',
    })
  }
  if (second === undefined) return first
  throw new SetpointError(
    'TASK_NOT_FOUND',
    `Several tasks begin with ${id}: ${first.task.id}, ${second.task.id}, …`,
    {
      hint: 'Give more of its id.',
    },
  )
}

/** Hosts that report come first. */
function state({ host }: Target): number {
  return host.state === 'ready' ? 0 : 1
}

function notRunning(name: string, tasks: Target[]): SetpointError {
  const states = [...new Set(tasks.map(({ task }) => task.state))].join(', ')
  return new SetpointError('TASK_NOT_FOUND', `No task of ${name} runs: ${states}.`, {
    hint: 'The status of the stack tells why; `setpoint logs` has its last words.',
  })
}
