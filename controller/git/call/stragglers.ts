import { readdir, readFile } from 'node:fs/promises'

/** The environment variable that a call of git and all its helpers carry. */
export const CALL = 'SETPOINT_GIT_CALL'

/**
 * Kills what is left of a call. Git that is killed leaves its transport helpers behind, and one that waits for a
 * host that swallows packets would wait for five more minutes; at a poll every few seconds they pile up.
 */
export async function killStragglers(call: string): Promise<void> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const mine = await Promise.all(processes.map((pid) => belongs(pid, call)))
  for (const pid of processes.filter((_, index) => mine[index])) kill(Number(pid))
}

async function belongs(pid: string, call: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '') // gone, or another user's
  return environment.split('\0').includes(`${CALL}=${call}`)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
