import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'

/** The run folders of all agents of a machine that were not given another one. */
export const RUN_OF_ALL = '/run/setpoint'

/** Where an agent keeps things. `state` outlives a reboot, `run` lasts until one. */
export interface Paths {
  /** Eight hex digits that name this agent among others on the machine: from the state folder's path. */
  instance: string
  state: string
  run: string
  /** `<state>/tasks/<id>/`: journal, writable layer, log. */
  task(id: string): string
  /** `<run>/tasks/<id>/`: bundle, root mount, pid files. */
  taskRun(id: string): string
}

/** The folders of an agent whose state folder is `state`; `run` defaults to `/run/setpoint/<instance>`. */
export function agentPaths(state: string, run?: string): Paths {
  const root = resolve(state)
  const instance = createHash('sha256').update(root).digest('hex').slice(0, 8)
  const runRoot = run === undefined ? join(RUN_OF_ALL, instance) : resolve(run)
  return {
    instance,
    state: root,
    run: runRoot,
    task: (id) => join(root, 'tasks', id),
    taskRun: (id) => join(runRoot, 'tasks', id),
  }
}
