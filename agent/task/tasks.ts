import type { ActionOf } from '../../schemas/action.ts'
import type { Task, TaskStatus } from '../../schemas/task.ts'
import type { ImageUse } from '../image/cleanup/collector.ts'
import type { ResolvedMount } from '../runtime/runtime.ts'
import type { Change } from './changes.ts'
import type { Finding, Subject } from './repair/findings.ts'

/** A task with what it is to be, and what of it is known once it is prepared. */
export interface Known {
  task: Task
  status: TaskStatus
  imageRoot: string | undefined
  /** What is mounted into it, once that is prepared. */
  mounts: ResolvedMount[]
}

/** The tasks of this host: what is journaled, and the one place that starts and stops them. */
export interface Tasks {
  /** Takes up every journaled task: adopts what still runs, restarts what died. Needs no controller. */
  adopt(): Promise<void>
  /**
   * Journals a task and starts it. Resolves once it runs (not: is healthy), or at once when it was asked for before.
   * @throws SetpointError why it was rejected or did not start; what is wanted is tried again all the same
   */
  run(task: Task): Promise<void>
  /** Like `run`; the tasks that it replaces make room in the order that the action gives, without asking anybody. */
  replace(action: ActionOf<'replace'>): Promise<void>
  /** Resolves once nothing is left of the task but its volumes. Repeatable. */
  remove(taskId: string): Promise<void>
  /** Puts fields (of TaskFacts) back to what was set up; what cannot be while the process runs starts it again. */
  repair(taskId: string, fields: string[]): Promise<void>
  /** Removes a container that no journal knows. Repeatable; a task is never touched by it. */
  removeStray(containerId: string): Promise<void>
  /**
   * In place of `adopt`: stops and removes every task and container of this agent, with nothing started meanwhile.
   * @param tell called with each thing that is gone
   */
  removeAll(tell: (what: string) => void): Promise<void>
  list(): TaskStatus[]
  /** The images that tasks have or are about to have. */
  imageUses(): ImageUse[]
  /** The tasks of this host with their specs. */
  known(): Known[]
  /** Calls the listener with what changed, soon after it did; changes close together come together. */
  onChange(listener: (change: Change) => void): void
  /** Resolves when names and ports lead to what serves at this moment. */
  published(): Promise<void>
  /** What runs now and should be looked at in the kernel. */
  subjects(): Subject[]
  /** Takes what a look into the kernel has found; it is reported when it is news. */
  found(findings: Finding[]): void
  /** The process of a task is not there any more although nobody told of its end. */
  vanished(taskId: string): Promise<void>
  /** The process of a task runs on although nobody holds its log or will tell of its end: it is started again. */
  unheld(taskId: string): Promise<void>
  /** Stops watching; leaves every container running. */
  close(): Promise<void>
}
