import { messageOf } from '../../../schemas/error.ts'
import type { Log } from '../../../schemas/log.ts'
import type { Images } from '../../image/images.ts'
import type { Networks } from '../../network/networks.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Journal } from '../journal/journal.ts'

/** What there is on the host of containers that are no task's. */
export interface Strays {
  /** Removes all that there is of a container; a task is never touched by it. Repeatable. */
  remove(containerId: string): Promise<void>
  /**
   * Removes what an agent that was killed had begun for a task, or not yet taken away, and has no journal of. A
   * container that runs stays: the controller is asked about it. So does a journal that was set aside, for somebody to
   * look at.
   * @param tasks the ids of those that have a journal
   */
  removeHalves(tasks: string[]): Promise<void>
  /** The ids of all containers and journals that are there. */
  list(): Promise<string[]>
}

interface StraysOptions {
  /** True for the id of a task. */
  isTask: (id: string) => boolean
  runtime: Runtime
  images: Images
  networks: Networks
  journal: Journal
  log: Log
}

/** The strays of this host. */
export function createStrays({ isTask, runtime, images, networks, journal, log }: StraysOptions): Strays {
  async function remove(containerId: string): Promise<void> {
    if (isTask(containerId)) return
    await runtime.delete(containerId)
    await images.unmountFor(containerId)
    await Promise.all([networks.detach(containerId), runtime.purge(containerId)])
    await journal.forget(containerId)
  }

  async function removeHalf(id: string): Promise<void> {
    log.info({ task: id }, 'What was left of a task that is not there any more is removed')
    try {
      await remove(id)
    } catch (error) {
      log.warn({ task: id, problem: messageOf(error) }, 'What was left of a task could not be removed')
    }
  }

  return {
    remove,
    async removeHalves(tasks) {
      const [containers, traces, halves] = await Promise.all([
        runtime.list(),
        runtime.traces(),
        journal.halves(),
      ])
      const running = containers.filter(({ pid }) => pid > 0).map(({ id }) => id)
      const whole = (await journal.folders()).filter((id) => !halves.includes(id))
      const kept = new Set([...tasks, ...running, ...whole])
      const found = new Set([...traces, ...halves, ...containers.map(({ id }) => id)])
      for (const id of found) if (!kept.has(id)) await removeHalf(id)
    },
    async list() {
      const containers = (await runtime.list()).map(({ id }) => id)
      return [...new Set([...containers, ...(await journal.folders())])]
    },
  }
}
