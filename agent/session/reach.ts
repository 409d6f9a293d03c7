import { join } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import type { Paths } from '../paths.ts'
import type { Runtime, RuntimeInfo } from '../runtime/runtime.ts'
import type { Known, Tasks } from '../task/tasks.ts'
import type { Uses } from '../volume/last-use.ts'
import type { Volumes } from '../volume/volumes.ts'

/** What a live session needs to reach a task or a volume of this host. */
export interface Reach {
  paths: Paths
  tasks: Pick<Tasks, 'known'>
  runtime: Pick<Runtime, 'state' | 'command' | 'list'>
  cgroup: RuntimeInfo['cgroup']
  volumes: Pick<Volumes, 'remove'>
  uses: Pick<Uses, 'of'>
}

/** A task whose process runs, and the host's pid of it. */
export interface Reached extends Known {
  pid: number
}

/** @throws SetpointError TASK_NOT_FOUND */
export async function reachTask({ tasks, runtime }: Reach, taskId: string): Promise<Reached> {
  const known = tasks.known().find(({ task }) => task.id === taskId)
  if (known === undefined) {
    throw new SetpointError('TASK_NOT_FOUND', `There is no task ${taskId} on this host.`)
  }
  const state = await runtime.state(taskId)
  if (state?.status === 'running') return { ...known, pid: state.pid }
  throw new SetpointError('TASK_NOT_FOUND', `Task ${taskId} does not run: it is ${known.status.state}.`, {
    hint: '`setpoint status STACK` tells why; `setpoint logs` has its last words.',
  })
}

/** `<run>/exec`: a folder for each command. */
export function commandsFolder({ paths }: Pick<Reach, 'paths'>): string {
  return join(paths.run, 'exec')
}
