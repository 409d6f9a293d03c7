import { readdir, readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** What the folders of an agent's pulls begin with; containers/image takes `TMPDIR`, and /var/tmp without it. */
export function scratchOf(instance: string): string {
  return join(process.env.TMPDIR ?? '/var/tmp', `setpoint-pull-${instance}-`)
}

/**
 * Ends and clears up the pulls of an agent that was killed: they go on by themselves for as long as the registry lets
 * them, with nobody who waits for them.
 */
export async function clearScratch(prefix: string): Promise<void> {
  const names = await readdir(dirname(prefix)).catch(() => []) // there is no such folder: then nothing is left in it
  const left = names
    .filter((name) => name.startsWith(basename(prefix)))
    .map((name) => join(dirname(prefix), name))
  if (left.length === 0) return
  await endOrphans(new Set(left.map((folder) => `TMPDIR=${folder}`)))
  await Promise.all(left.map((folder) => rm(folder, { recursive: true, force: true })))
}

/** A pull is known by the folder that it alone was given. */
async function endOrphans(marks: ReadonlySet<string>): Promise<void> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  for (const pid of pids) {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '') // it has just ended
    if (environment.split('\0').some((variable) => marks.has(variable))) kill(Number(pid))
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended by itself
  }
}
