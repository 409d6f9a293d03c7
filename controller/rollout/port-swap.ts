import type { Change, Plan } from '../plan/plan.ts'
import type { Moved } from './advance.ts'

/**
 * What lets services go on that are to have each other's ports, since none of them can go first: the tasks that hold
 * such a port are removed, and each service starts anew where nothing is in its way. Empty while nobody waits in a circle,
 * and for who would have to wait anyway.
 */
export function endCircle(moved: Moved[], { changes }: Plan): Change[] {
  const awaited = new Map(
    moved.map(({ service, unmet, held }) => [service, [...unmet, ...held.map((port) => port.service)]]),
  )
  const inTheWay = moved.flatMap(({ service, held }) =>
    held.filter((port) => waitsFor(port.service, service, awaited)),
  )
  const taskIds = new Set(inTheWay.map(({ taskId }) => taskId))
  return changes.flatMap((change) => removals(change, taskIds))
}

/** True when the first service waits for the second, itself or by way of others. */
function waitsFor(first: string, second: string, awaited: Map<string, string[]>): boolean {
  const reached = new Set(awaited.get(first))
  for (const name of reached) for (const next of awaited.get(name) ?? []) reached.add(next)
  return reached.has(second)
}

function removals({ action, ...place }: Change, taskIds: Set<string>): Change[] {
  if (action.type !== 'replace') return []
  const reason = 'another service is to have its port, and the other way round'
  const { stack } = action.task
  return action.replaces
    .filter((taskId) => taskIds.has(taskId))
    .map((taskId) => ({ ...place, verdict: 'surplus', action: { type: 'remove', taskId, stack, reason } }))
}
