import type { Change } from '../plan/plan.ts'
import type { Moved } from './advance.ts'
import { heldFrom, type Leaving, type LeavingOn, type WantedOf } from './leaving.ts'

interface At {
  stack: string
  changes: Change[]
  leavingOn: LeavingOn
  wantedOf: WantedOf
}

/** A service that waits for another one, both as `stack/service`; the task, where it is for what that one holds. */
interface Wait {
  waiter: string
  holder: string
  taskId?: string
}

/**
 * What lets services go on that are to have each other's ports or subnets, since none of them can go first: the tasks
 * that hold such a thing are removed, and each service starts anew where nothing is in its way. A service whose network is
 * to be another one with the same subnet waits for itself. Each stack of a circle finds it by itself, and removes its own
 * part. Empty while nobody waits in a circle, and for who would have to wait anyway.
 */
export function endCircle(moved: Moved[], at: At): Change[] {
  const held = moved.flatMap((move) => move.held)
  if (held.length === 0) return []
  const waits = [...moved.flatMap((move) => waitsOf(move, at.stack)), ...waitsElsewhere(held, at)]
  const inTheWay = waits.filter(({ waiter, holder }) => waitsFor(holder, waiter, waits))
  const taskIds = new Set(inTheWay.map(({ taskId }) => taskId))
  return at.changes.flatMap((change) => removals(change, taskIds))
}

function waitsOf({ service, unmet, held }: Moved, stack: string): Wait[] {
  const waiter = keyOf({ stack, service })
  return [
    ...unmet.map((other) => ({ waiter, holder: keyOf({ stack, service: other }) })),
    ...held.map((one) => ({ waiter, holder: keyOf(one), taskId: one.taskId })),
  ]
}

/** What those services of other stacks wait for themselves that are to give something up, and so on. */
function waitsElsewhere(held: Leaving[], { stack, leavingOn, wantedOf }: At): Wait[] {
  const waits: Wait[] = []
  const met = new Set<string>()
  const open = held.filter((one) => one.stack !== stack)
  for (const { host, ...holder } of open) {
    const waiter = keyOf(holder)
    const spec = wantedOf(holder.stack)
    const service = spec?.services.find(({ name }) => name === holder.service)
    if (!spec || !service || met.has(`${waiter} ${host}`)) continue
    met.add(`${waiter} ${host}`)
    const theirs = heldFrom(spec, service, { hosts: [host], leavingOn })
    waits.push(...theirs.map((one) => ({ waiter, holder: keyOf(one), taskId: one.taskId })))
    open.push(...theirs.filter((one) => one.stack !== stack))
  }
  return waits
}

/** True when the first service waits for the second, itself or by way of others. */
function waitsFor(first: string, second: string, waits: Wait[]): boolean {
  const reached = new Set([first])
  for (const name of reached) for (const { waiter, holder } of waits) if (waiter === name) reached.add(holder)
  return reached.has(second)
}

function keyOf({ stack, service }: { stack: string; service: string }): string {
  return `${stack}/${service}`
}

function removals({ action, ...place }: Change, taskIds: Set<string | undefined>): Change[] {
  if (action.type !== 'replace') return []
  const reason = 'what it holds of its host is to be given to another task first'
  const { stack } = action.task
  return action.replaces
    .filter((taskId) => taskIds.has(taskId))
    .map((taskId) => ({ ...place, verdict: 'surplus', action: { type: 'remove', taskId, stack, reason } }))
}
