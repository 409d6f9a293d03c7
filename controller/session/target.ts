import { SetpointError } from '../../schemas/error.ts'
import type { LocatedTask, Observed } from '../../schemas/fleet.ts'
import { slotName } from '../../schemas/slot.ts'
import type { TaskStatus } from '../../schemas/task.ts'

/** The fewest letters that name a task. */
const SHORTEST = 4
/** How many of the tasks that there are an error names. */
const MOST_TOLD = 20

/**
 * The task that is meant: `STACK/SERVICE` is the first one of the service that runs, `STACK/SERVICE.2` that of the slot;
 * anything else is a task's id or the beginning of one.
 * @throws SetpointError TASK_NOT_FOUND with what there is
 */
export function findTarget(observed: Observed, name: string): LocatedTask {
  const all = [...observed.values()].flatMap((host) => host.tasks.map((task) => ({ task, host })))
  return name.includes('/') ? bySlot(all, name) : byId(all, name)
}

function bySlot(all: LocatedTask[], name: string): LocatedTask {
  const [, stack, service, slot] = /^([^/]+)\/([^/]+?)(?:\.(\d{1,6}))?$/.exec(name) ?? []
  if (stack === undefined) {
    throw new SetpointError('TASK_NOT_FOUND', `${JSON.stringify(name)} is no name of a task.`, {
      hint: 'Name it STACK/SERVICE, STACK/SERVICE.SLOT, or by its id.',
    })
  }
  const named = all.filter(({ task }) => task.stack === stack && isNamed(task, name))
  const running = named.filter(({ task }) => task.state === 'running')
  const [first] = running.sort(
    (a, b) => rank(a) - rank(b) || a.task.slot - b.task.slot || a.task.id.localeCompare(b.task.id),
  )
  if (first) return first
  if (named.length > 0) throw notRunning(name, named)
  throw noSuchTask(all, { name, stack, service, slot })
}

interface SlotName {
  name: string
  stack: string
  service: string | undefined
  slot: string | undefined
}

function noSuchTask(all: LocatedTask[], { name, stack, service = '', slot }: SlotName): SetpointError {
  const services = servicesOf(all, stack)
  if (services.length === 0) {
    return new SetpointError('TASK_NOT_FOUND', `There is no task of a stack ${stack}.`, {
      hint: '`setpoint status` lists the stacks.',
    })
  }
  const isService = slot !== undefined && services.includes(service)
  const what = isService ? `task in slot ${slot} of ${service}` : `service ${name.slice(stack.length + 1)}`
  const there = isService ? slotsOf(all, `${stack}/${service}`) : services
  const more = there.length > MOST_TOLD ? ', …' : '.'
  return new SetpointError('TASK_NOT_FOUND', `Stack ${stack} has no ${what}.`, {
    hint: `There are: ${there.slice(0, MOST_TOLD).join(', ')}${more}`,
  })
}

function servicesOf(all: LocatedTask[], stack: string): string[] {
  const services = all.filter(({ task }) => task.stack === stack).map(({ task }) => task.service)
  return [...new Set(services)].sort()
}

function slotsOf(all: LocatedTask[], service: string): string[] {
  const slots = all
    .filter(({ task }) => `${task.stack}/${task.service}` === service)
    .map(({ task }) => task.slot)
  return [...new Set(slots)].sort((a, b) => a - b).map((slot) => `${service}.${slot}`)
}

/** A service's own name may end in a dot and digits. */
function isNamed(task: TaskStatus, name: string): boolean {
  return name === `${task.stack}/${task.service}` || name === slotName(task)
}

function byId(all: LocatedTask[], id: string): LocatedTask {
  const found = all.filter(({ task }) => task.id === id)
  const [first, second] =
    found.length > 0 ? found : id.length < SHORTEST ? [] : all.filter(({ task }) => task.id.startsWith(id))
  if (first === undefined || second !== undefined) checkNoStack(all, id)
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

/** A stack is what people think of first; of its tasks it names none. */
function checkNoStack(all: LocatedTask[], id: string): void {
  const services = servicesOf(all, id)
  if (services.length === 0) return
  const names = services.slice(0, MOST_TOLD).map((service) => `${id}/${service}`)
  throw new SetpointError('TASK_NOT_FOUND', `${id} is a stack, and one task is meant.`, {
    hint: `Name a service of it: ${names.join(', ')}.`,
  })
}

/** Hosts that report come first. */
function rank({ host }: LocatedTask): number {
  return host.state === 'ready' ? 0 : 1
}

function notRunning(name: string, tasks: LocatedTask[]): SetpointError {
  const states = [...new Set(tasks.map(({ task }) => task.state))].join(', ')
  return new SetpointError('TASK_NOT_FOUND', `No task of ${name} runs: ${states}.`, {
    hint: 'The status of the stack tells why; `setpoint logs` has its last words.',
  })
}
