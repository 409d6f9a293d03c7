import type { ActionOf } from '../../schemas/action.ts'
import type { Task, TaskStatus } from '../../schemas/task.ts'
import type { LogLine } from '../runtime/runtime.ts'

/** The tasks of this host: what is journaled, and the one place that starts and stops them. */
export interface Tasks {
  /** Takes up every journaled task: adopts what still runs, restarts what died. Needs no controller. */
  adopt(): Promise<void>
  /** Journals a task and starts it. Resolves once it runs (not: is healthy), or is rejected. Repeatable. */
  run(task: Task): Promise<void>
  replace(action: ActionOf<'replace'>): Promise<void>
  remove(taskId: string): Promise<void>
  repair(taskId: string, fields: string[]): Promise<void>
  list(): TaskStatus[]
  logs(taskIds: string[], tail: number): Promise<(LogLine & { taskId: string })[]>
  /** Calls the listener with what changed, soon after it did; changes close together come together. */
  onChange(listener: (change: { tasks: TaskStatus[]; gone: string[] }) => void): void
  /** Stops watching; leaves every container running. */
  close(): Promise<void>
}
