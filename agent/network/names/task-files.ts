import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Task } from '../../../schemas/task.ts'
import type { Paths } from '../../paths.ts'
import {
  hostHosts,
  hostResolvConf,
  reachable,
  type Surroundings,
  taskHosts,
  taskResolvConf,
} from './hosts.ts'

/** The network's files of a task, in its folder under `run`. */
export interface TaskFiles {
  resolvConf: string
  hosts: string
  /** There when another task has used the namespace, too. */
  shared: string
  /** The `ip` lines that were last run in its namespace. */
  script: string
}

/** Where the files of a task are, whether they are there or not. */
export function taskFiles(paths: Paths, taskId: string): TaskFiles {
  const folder = paths.taskRun(taskId)
  return {
    resolvConf: join(folder, 'resolv.conf'),
    hosts: join(folder, 'hosts'),
    shared: join(folder, 'network.shared'),
    script: join(folder, 'network.ip'),
  }
}

/** Writes a task's `resolv.conf` and `hosts` in place: they may be mounted in a container. */
export function writeTaskFiles(
  paths: Paths,
  task: Task,
  surroundings: Surroundings,
): Pick<TaskFiles, 'resolvConf' | 'hosts'> {
  const isDriven = surroundings.nameserver === undefined && surroundings.isInNetwork
  const resolv = isDriven
    ? hostResolvConf(task, reachable(readFileSync('/etc/resolv.conf', 'utf8')))
    : taskResolvConf(task, surroundings.nameserver)
  return write(paths, task, { resolv, names: taskHosts(task, surroundings) })
}

/** The same for a task in the host's own network: the host's files as they are now, with what the stack file adds. */
export function writeHostFiles(paths: Paths, task: Task): Pick<TaskFiles, 'resolvConf' | 'hosts'> {
  const [resolv, hosts] = ['/etc/resolv.conf', '/etc/hosts'].map((file) => readFileSync(file, 'utf8'))
  return write(paths, task, {
    resolv: hostResolvConf(task, resolv ?? ''),
    names: hostHosts(task, hosts ?? ''),
  })
}

/** Removes them; repeatable. */
export function removeTaskFiles(paths: Paths, taskId: string): void {
  for (const path of Object.values(taskFiles(paths, taskId))) rmSync(path, { force: true })
}

function write(
  paths: Paths,
  task: Task,
  { resolv, names }: { resolv: string; names: string },
): Pick<TaskFiles, 'resolvConf' | 'hosts'> {
  const { resolvConf, hosts } = taskFiles(paths, task.id)
  mkdirSync(paths.taskRun(task.id), { recursive: true })
  writeFileSync(resolvConf, resolv, { mode: 0o644 })
  writeFileSync(hosts, names, { mode: 0o644 })
  return { resolvConf, hosts }
}
