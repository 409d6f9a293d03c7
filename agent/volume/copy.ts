import { readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { argvOfProcess } from '../processes.ts'
import type { Argv } from '../runtime/exec.ts'
import { signal } from '../signals.ts'

/** How often it is looked for copies, and milliseconds between: one that is killed takes a moment. */
const LOOKS = 50
const BETWEEN_LOOKS = 20

/** `/.` copies the folder itself onto the other one, its mode and owner included. */
export function copyArgv(source: string, target: string): Argv {
  return ['cp', '--archive', '--no-target-directory', `${source}/.`, target]
}

/**
 * Ends the copies to a folder of the agent's own that an agent which was killed has left: they go on by themselves, with
 * nobody who waits for them.
 */
export async function endCopies(target: string): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
    const copies = pids.filter((pid) => isCopyTo(target, argvOfProcess(pid) ?? []))
    if (copies.length === 0) return
    for (const pid of copies) signal(pid, 'SIGKILL')
    await sleep(BETWEEN_LOOKS)
  }
}

function isCopyTo(target: string, argv: string[]): boolean {
  const source = argv.at(-2)?.replace(/\/\.$/, '') ?? ''
  return isDeepStrictEqual(argv, copyArgv(source, target))
}
