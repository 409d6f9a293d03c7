import { isOpen, samePort } from '../../../schemas/port.ts'
import { sameService, slotName } from '../../../schemas/slot.ts'
import type { Task } from '../../../schemas/task.ts'
import { type Clock, inTime } from '../../clock.ts'
import type { Entry } from '../entry.ts'
import type { Runners } from '../runners.ts'

/**
 * Resolves once the tasks that are leaving this host have given up the ports that the task is to publish: another
 * service may have them only then, and to be refused them meanwhile would be a failure of its rollout. It also resolves
 * when that takes longer than they have for it: then the ports are refused, with the name of who has them.
 * @param tell hears what is waited for, in a few words
 */
export type AwaitPorts = (task: Task, tell: (message: string) => void) => Promise<void>

/** Milliseconds, after its grace period, that a task has to be taken apart. */
const REMOVAL = 30_000

/** Looks for who leaves among the runners given, which may change. */
export function createPortHandover(runners: Pick<Runners, 'all'>, clock: Clock): AwaitPorts {
  return async (task, tell) => {
    const leaving = runners.all().filter((runner) => givesUpPortOf(task, runner.entry()))
    const [first] = leaving
    if (first === undefined) return
    tell(`waits for a port that ${slotName(first.entry().task)} gives up`)
    await Promise.all(leaving.map((runner) => inTime(clock, patienceWith(runner.entry()), runner.gone)))
  }
}

function patienceWith({ task }: Entry): number {
  return task.container.stopGracePeriod + REMOVAL
}

function givesUpPortOf(task: Task, { task: other, wanted }: Entry): boolean {
  if (wanted !== 'removed' || sameService(task, other)) return false // they share its ports
  const held = other.container.ports
  return task.container.ports.some((port) => !isOpen(port) && held.some((one) => samePort(one, port)))
}
