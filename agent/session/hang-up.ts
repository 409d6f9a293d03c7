import { readdir, readFile, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cgroupPath } from '../runtime/cgroup/cgroup.ts'
import { cgroupProcesses } from '../runtime/cgroup/processes.ts'
import { killTree, signal } from '../signals.ts'
import { commandsFolder, type Reach } from './reach.ts'

/** Milliseconds between the polite and the last signal. */
const GRACE = 5_000

/** A task and the host's pid of its container. */
interface Container {
  id: string
  pid: number
}

/** Ends a command whose client has gone: SIGHUP as from a terminal that was closed, then SIGKILL for all of it. */
export async function hangUp(pidFile: string, container: Container, reach: Reach): Promise<void> {
  const pid = Number(await readFile(pidFile, 'utf8'))
  if (!(await isCommand(pid, container, reach))) return
  signal(pid, 'SIGHUP')
  await new Promise((resolve) => setTimeout(resolve, GRACE).unref())
  if (await isCommand(pid, container, reach)) killTree(pid)
}

/** Ends what commands of an earlier life of this agent have left. */
export async function sweepCommands(reach: Reach): Promise<void> {
  const folder = commandsFolder(reach)
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = Number(await readFile(join(folder, name, 'pid'), 'utf8').catch(() => '0'))
    if (pid > 0 && (await isOfTask(pid, reach))) killTree(pid)
    await rm(join(folder, name), { recursive: true, force: true })
  }
}

async function isOfTask(pid: number, reach: Reach): Promise<boolean> {
  const containers = reach.tasks
    .known()
    .flatMap(({ status }) => (status.pid === undefined ? [] : [{ id: status.id, pid: status.pid }]))
  const found = await Promise.all(containers.map((container) => isCommand(pid, container, reach)))
  return found.some(Boolean)
}

/**
 * Whether a pid that was written down is still a command in the container: it may have passed to another process. A command
 * is in the container's pid namespace; where that is the host's own, as with `pid: host`, only its cgroup tells.
 */
async function isCommand(pid: number, container: Container, { cgroup, paths }: Reach): Promise<boolean> {
  if (!(pid > 0) || pid === container.pid) return false
  const [own, its, ours] = await Promise.all([pid, container.pid, process.pid].map(pidNamespace))
  if (own === undefined || own !== its) return false
  if (own !== ours) return true
  return (await cgroupProcesses(cgroup, cgroupPath(paths.instance, container.id))).includes(pid)
}

async function pidNamespace(pid: number): Promise<string | undefined> {
  return readlink(`/proc/${pid}/ns/pid`).catch(() => undefined)
}
