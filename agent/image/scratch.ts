import { readdir, readFile, readlink, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isInside } from '../mountinfo.ts'

/** How often it is looked for processes, and milliseconds between: one that is killed takes a moment, or has forked. */
const LOOKS = 100
const BETWEEN_LOOKS = 20

/**
 * What the folders for temporary files begin with that each pull and build of an agent has alone; containers/image
 * takes `TMPDIR`, and /var/tmp without it.
 */
export function scratchOf(work: 'pull' | 'build', instance: string): string {
  return join(process.env.TMPDIR ?? '/var/tmp', `setpoint-${work}-${instance}-`)
}

/** Takes away what belongs to such a folder and lies elsewhere. False: it is still there. */
export type RemoveRest = (folder: string) => Promise<boolean>

/**
 * Ends and clears up what an agent that was killed has left: its pulls and builds go on by themselves, with nobody who
 * waits for them.
 */
export async function clearScratch(prefix: string, removeRest?: RemoveRest): Promise<void> {
  const names = await readdir(dirname(prefix)).catch(() => []) // there is no such folder: then nothing is left in it
  for (const name of names.filter((name) => name.startsWith(basename(prefix)))) {
    await clearFolder(join(dirname(prefix), name), removeRest)
  }
}

/** Ends what still uses a folder, and removes it; a folder whose rest is still there is kept, to find that again. */
export async function clearFolder(folder: string, removeRest: RemoveRest = async () => true): Promise<void> {
  await endUsers(folder)
  if (await removeRest(folder)) await rm(folder, { recursive: true, force: true })
}

async function endUsers(folder: string): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
    const uses = await Promise.all(pids.map((pid) => isUser(pid, folder)))
    const users = pids.filter((_, index) => uses[index])
    if (users.length === 0) return
    for (const pid of users) kill(Number(pid))
    await sleep(BETWEEN_LOOKS)
  }
}

/** A command is known by its `TMPDIR`; what a step of a build runs has its root there, wherever it has gone since. */
async function isUser(pid: string, folder: string): Promise<boolean> {
  const [environment, root] = await Promise.all([
    readFile(`/proc/${pid}/environ`, 'latin1').catch(() => ''), // it has just ended
    readlink(`/proc/${pid}/root`).catch(() => ''),
  ])
  return environment.split('\0').includes(`TMPDIR=${folder}`) || isInside(root, folder)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended by itself
  }
}
