import type { Action } from '../../schemas/action.ts'
import type { Log } from '../../schemas/log.ts'
import type { Task } from '../../schemas/task.ts'
import { aContainer, sha } from './builders.ts'

export function aTask(id: string, task: Partial<Task> = {}): Task {
  return {
    id,
    stack: 'web',
    service: 'app',
    slot: 1,
    host: 'one',
    revision: sha(1),
    fingerprint: 'f1',
    container: aContainer(),
    networks: [],
    volumes: [],
    ...task,
  }
}

export function aRun(id: string, task: Partial<Task> = {}): Action {
  return { type: 'run', task: aTask(id, task) }
}

export interface TestLog extends Log {
  /** `level message`, in order. */
  lines: string[]
}

export function aLog(): TestLog {
  const lines: string[] = []
  const at = (level: string) => (_fields: object, message: string) => void lines.push(`${level} ${message}`)
  return { lines, error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') }
}
