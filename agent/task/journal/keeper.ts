import { messageOf } from '../../../schemas/error.ts'
import type { Log } from '../../../schemas/log.ts'
import type { TaskState } from '../../../schemas/task.ts'
import type { Entry } from '../entry.ts'
import type { Event } from '../step.ts'
import type { Journal } from './journal.ts'

/** Keeps the journal of one task in step with it. */
export interface Keeper {
  /**
   * Resolves once the task is on disk for good: what is to run is there before it does.
   * @throws SetpointError DISK_FULL
   */
  accept(entry: Entry): Promise<void>
  /** Writes what an event has made of the task, if that has to outlast a crash. */
  save(entry: Entry, event: Event): void
  /** @throws SetpointError DISK_FULL */
  forget(): Promise<void>
}

/** States that need no line in the journal: after a crash the run simply begins again. */
const FLEETING: TaskState[] = ['preparing', 'ready', 'starting']

export function isFleeting(state: TaskState): boolean {
  return FLEETING.includes(state)
}

/** The keeper of the task with this id. */
export function createKeeper(id: string, { journal, log }: { journal: Journal; log: Log }): Keeper {
  let accepted: Promise<void> | undefined

  return {
    async accept(entry) {
      accepted ??= journal.save(entry, { durable: true })
      try {
        await accepted
      } catch (error) {
        accepted = undefined
        throw error
      }
    },

    save(entry, event) {
      if (isFleeting(entry.status.state) && entry.wanted === 'run') return
      const durable = event.type === 'started' || event.type === 'removeWanted'
      journal.save(entry, { durable }).catch((error) => {
        log.error({ task: id, problem: messageOf(error) }, 'The journal of a task cannot be written')
      })
    },

    forget: () => journal.forget(id),
  }
}
