import type { Log } from '../../../schemas/log.ts'
import type { Clock } from '../../clock.ts'
import type { Exit } from '../../runtime/runtime.ts'
import type { Entry } from '../entry.ts'
import type { Publisher } from '../publisher.ts'
import type { Event } from '../step.ts'
import type { Effects } from './effects.ts'

/** What the steps of one task work with: its entry as it is at any moment, and the ways to go on. */
export interface TaskContext {
  id: string
  entry(): Entry
  /** Tells what happened; the task goes on from there. */
  send(event: Event): void
  /** Resolves with the entry as soon as it is as asked, or undefined when the task is gone first. */
  until(condition: (entry: Entry) => boolean): Promise<Entry | undefined>
  /** Resolves when something happens to the task, or once the clock shows `time`, in milliseconds. */
  sleep(time?: number): Promise<void>
  effects: Effects
  publisher: Publisher
  clock: Clock
  log: Log
}

/** An end of a process; `at` (ISO time) tells to which run it belongs, absent: the present one. */
export type Ended = Pick<Exit, 'exitCode' | 'oomKilled'> & Partial<Pick<Exit, 'at'>>
