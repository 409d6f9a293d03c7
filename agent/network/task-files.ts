import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Task } from '../../schemas/task.ts'
import type { Paths } from '../paths.ts'
import { taskHosts, taskResolvConf } from './hosts.ts'
import type { Attachment } from './networks.ts'

/** The network's files of a task, in its folder under `run`. */
export interface TaskFiles {
  resolvConf: string
  hosts: string
  /** The `ip` lines that were last run in its namespace. */
  script: string
}

export function taskFiles(paths: Paths, taskId: string): TaskFiles {
  const folder = paths.taskRun(taskId)
  return {
    resolvConf: join(folder, 'resolv.conf'),
    hosts: join(folder, 'hosts'),
    script: join(folder, 'network.ip'),
  }
}

type Taken = Pick<Attachment, 'addresses' | 'addresses6'>

/** Writes a task's `resolv.conf` and `hosts` in place: they may be mounted in a container. */
export function writeTaskFiles(
  paths: Paths,
  task: Task,
  { nameserver, ...taken }: Taken & { nameserver: string | undefined },
): Pick<TaskFiles, 'resolvConf' | 'hosts'> {
  return write(paths, task, taskResolvConf(nameserver), taskHosts(task, taken))
}

/** The same for a task in the host's own network: the host's files as they are now. */
export function writeHostFiles(paths: Paths, task: Task): Pick<TaskFiles, 'resolvConf' | 'hosts'> {
  return write(paths, task, readFileSync('/etc/resolv.conf', 'utf8'), readFileSync('/etc/hosts', 'utf8'))
}

export function removeTaskFiles(paths: Paths, taskId: string): void {
  for (const path of Object.values(taskFiles(paths, taskId))) rmSync(path, { force: true })
}

function write(
  paths: Paths,
  task: Task,
  resolv: string,
  names: string,
): Pick<TaskFiles, 'resolvConf' | 'hosts'> {
  const { resolvConf, hosts } = taskFiles(paths, task.id)
  mkdirSync(paths.taskRun(task.id), { recursive: true })
  writeFileSync(resolvConf, resolv, { mode: 0o644 })
  writeFileSync(hosts, names, { mode: 0o644 })
  return { resolvConf, hosts }
}
