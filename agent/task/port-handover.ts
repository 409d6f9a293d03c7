import { isOpen, samePort } from '../../schemas/port.ts'
import { sameService, slotName } from '../../schemas/slot.ts'
import type { Task } from '../../schemas/task.ts'
import type { Entry } from './entry.ts'
import type { Runners } from './runners.ts'

/**
 * Resolves once the tasks that are leaving this host have given up the ports that the task is to publish: another
 * service may have them only then, and to be refused them meanwhile would be a failure of its rollout.
 * @param tell hears what is waited for, in a few words
 */
export type AwaitPorts = (task: Task, tell: (message: string) => void) => Promise<void>

/** Looks for who leaves among the runners given, which may change. */
export function createPortHandover(runners: Pick<Runners, 'all'>): AwaitPorts {
  return async (task, tell) => {
    const leaving = runners.all().filter((runner) => givesUpPortOf(task, runner.entry()))
    const [first] = leaving
    if (first === undefined) return
    tell(`waits for a port that ${slotName(first.entry().task)} gives up`)
    await Promise.all(leaving.map((runner) => runner.gone))
  }
}

function givesUpPortOf(task: Task, { task: other, wanted }: Entry): boolean {
  if (wanted !== 'removed' || sameService(task, other)) return false // they share its ports
  const held = other.container.ports
  return task.container.ports.some((port) => !isOpen(port) && held.some((one) => samePort(one, port)))
}
