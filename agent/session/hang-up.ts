import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Inside, isInside } from '../runtime/inside.ts'
import { killTree, signal } from '../signals.ts'
import { commandsFolder, type Reach } from './reach.ts'

/** Milliseconds between the polite and the last signal. */
const GRACE = 5_000

/** Ends a command whose client has gone: SIGHUP as from a terminal that was closed, then SIGKILL for all of it. */
export async function hangUp(pidFile: string, container: Inside, reach: Reach): Promise<void> {
  const pid = Number(await readFile(pidFile, 'utf8'))
  if (!(await isInside(pid, container, reach))) return
  signal(pid, 'SIGHUP')
  await new Promise((resolve) => setTimeout(resolve, GRACE).unref())
  if (await isInside(pid, container, reach)) killTree(pid)
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
  const found = await Promise.all(containers.map((container) => isInside(pid, container, reach)))
  return found.some(Boolean)
}
