import type { Observed, ObservedHost } from '../../schemas/fleet.ts'

/** Chooses a host for one more task of a service; undefined when none is ready and active. */
export type Place = (service: string) => string | undefined

/**
 * Places tasks of a stack one after the other: fewest tasks of the service first, then fewest at all (Swarm's spread), then by
 * name. What it has placed counts for the next.
 */
export function placer(observed: Observed, stack: string): Place {
  let counts: TaskCounts | undefined
  return (service) => {
    counts ??= countTasks(observed, stack)
    const name = leastLoaded(service, observed, counts)
    if (name !== undefined) add(counts, name, service)
    return name
  }
}

type TaskCounts = Map<string, { all: number; services: Map<string, number> }>

function leastLoaded(service: string, observed: Observed, counts: TaskCounts): string | undefined {
  const load = ({ info }: ObservedHost) => {
    const count = counts.get(info.name)
    return { name: info.name, same: count?.services.get(service) ?? 0, all: count?.all ?? 0 }
  }
  const [best] = [...observed.values()]
    .filter((host) => host.state === 'ready' && host.info.availability === 'active')
    .map(load)
    .sort((a, b) => a.same - b.same || a.all - b.all || a.name.localeCompare(b.name))
  return best?.name
}

/** Services are those of the stack: another one may have a service of the same name. */
function countTasks(observed: Observed, stack: string): TaskCounts {
  const counts: TaskCounts = new Map()
  for (const host of observed.values())
    for (const task of host.tasks)
      add(counts, host.info.name, task.stack === stack ? task.service : undefined)
  return counts
}

function add(counts: TaskCounts, host: string, service: string | undefined): void {
  const { all, services } = counts.get(host) ?? { all: 0, services: new Map<string, number>() }
  if (service !== undefined) services.set(service, (services.get(service) ?? 0) + 1)
  counts.set(host, { all: all + 1, services })
}
