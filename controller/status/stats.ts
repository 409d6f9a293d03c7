import type { Observed } from '../../schemas/fleet.ts'
import type { StatsDocument } from '../../schemas/status.ts'

/** What the tasks of the fleet, or of one stack, use; those of a host that is lost are left out: nobody knows. */
export function statsDocument(observed: Observed, stack?: string): StatsDocument {
  const tasks = [...observed].flatMap(([host, { tasks, usage = {}, state }]) =>
    state === 'lost'
      ? []
      : tasks
          .filter((task) => (stack === undefined || task.stack === stack) && usage[task.id] !== undefined)
          .map(({ id, stack: of, service, slot }) => ({
            id,
            stack: of,
            service,
            slot,
            host,
            usage: usage[id],
          })),
  )
  return { tasks: tasks.filter(hasUsage).sort((a, b) => keyOf(a).localeCompare(keyOf(b), 'en')) }
}

type Task = StatsDocument['tasks'][number]

function hasUsage(task: Omit<Task, 'usage'> & { usage: Task['usage'] | undefined }): task is Task {
  return task.usage !== undefined
}

function keyOf({ stack, service, slot, host, id }: Task): string {
  return `${stack}/${service}.${String(slot).padStart(6, '0')} ${host} ${id}`
}
