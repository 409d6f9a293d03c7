import { readdir, readFile, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { killTree, signal } from '../runtime/proc.ts'
import { commandsFolder, type Reach } from './reach.ts'

/** Milliseconds between the polite and the last signal. */
const GRACE = 5_000

/**
 * Ends a command whose client has gone: SIGHUP as from a terminal that was closed, then SIGKILL for all of it.
 * @param containerPid the host's pid of the container: a command is in the same pid namespace, or it is another process
 */
export async function hangUp(pidFile: string, containerPid: number): Promise<void> {
  const pid = Number(await readFile(pidFile, 'utf8'))
  if (!(await isCommand(pid, containerPid))) return
  signal(pid, 'SIGHUP')
  await new Promise((resolve) => setTimeout(resolve, GRACE).unref())
  if (await isCommand(pid, containerPid)) await killTree(pid)
}

/** Ends what commands of an earlier life of this agent have left. */
export async function sweepCommands(reach: Reach): Promise<void> {
  const folder = commandsFolder(reach)
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = Number(await readFile(join(folder, name, 'pid'), 'utf8').catch(() => '0'))
    if (pid > 0 && (await isOfTask(pid, reach))) await killTree(pid)
    await rm(join(folder, name), { recursive: true, force: true })
  }
}

async function isOfTask(pid: number, { tasks }: Reach): Promise<boolean> {
  const pids = tasks.known().flatMap(({ status }) => status.pid ?? [])
  const found = await Promise.all(pids.map((containerPid) => isCommand(pid, containerPid)))
  return found.some(Boolean)
}

async function isCommand(pid: number, containerPid: number): Promise<boolean> {
  if (!(pid > 0) || pid === containerPid) return false
  const [own, container] = await Promise.all([pid, containerPid].map(pidNamespace))
  return own !== undefined && own === container
}

async function pidNamespace(pid: number): Promise<string | undefined> {
  return readlink(`/proc/${pid}/ns/pid`).catch(() => undefined)
}
