import type { Change, Plan } from '../plan/plan.ts'
import type { Moved } from './advance.ts'

/**
 * What lets services go on that are to have each other's ports, since none of them can go first: the tasks that hold the
 * ports are removed, and each service starts anew where nothing is in its way. Empty while nobody waits in a circle.
 */
export function endCircle(moved: Moved[], { changes }: Plan): Change[] {
  const holders = new Map(moved.map(({ service, held }) => [service, held.map((port) => port.service)]))
  return changes.filter(({ service }) => isAwaitedBy(service, holders)).flatMap(removals)
}

/** True when a service waits for one that waits, itself or by way of others, for it. */
function isAwaitedBy(service: string, holders: Map<string, string[]>): boolean {
  const reached = new Set(holders.get(service))
  for (const name of reached) for (const next of holders.get(name) ?? []) reached.add(next)
  return reached.has(service)
}

function removals({ action, ...place }: Change): Change[] {
  if (action.type !== 'replace') return []
  const reason = 'another service is to have its port, and the other way round'
  const { stack } = action.task
  return action.replaces.map((taskId) => ({
    ...place,
    verdict: 'surplus',
    action: { type: 'remove', taskId, stack, reason },
  }))
}
