import type { Action } from '../schemas/action.ts'
import type { Inspector } from './observe/inspect.ts'
import type { Sessions } from './session/sessions.ts'
import type { Tasks } from './task/tasks.ts'

export interface PerformOptions {
  tasks: Tasks
  inspector: Pick<Inspector, 'inspect'>
  sessions: Pick<Sessions, 'open'>
}

/** Carries out one action. @throws SetpointError why it could not be done */
export function performer({ tasks, inspector, sessions }: PerformOptions): (action: Action) => Promise<void> {
  return async (action) => {
    switch (action.type) {
      case 'run':
        return tasks.run(action.task)
      case 'replace':
        return tasks.replace(action)
      case 'remove':
        return tasks.remove(action.taskId)
      case 'repair':
        await tasks.repair(action.taskId, action.fields)
        return inspector.inspect()
      case 'removeStray':
        await tasks.removeStray(action.containerId)
        return inspector.inspect()
      case 'session':
        return sessions.open(action)
    }
  }
}
