import { once } from 'node:events'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { makeNamedFolder } from '../schemas/common/folders.ts'
import { SetpointError } from '../schemas/error.ts'
import { start } from './runtime/exec.ts'

/**
 * Makes this process the only agent of a state folder, until it ends, however it ends: the kernel holds the lock
 * (flock(2)) as long as the file is open. flock(1) takes it through the file that it inherits.
 * @param wait seconds to wait for an agent that is just ending
 * @throws SetpointError ALREADY_RUNNING, or USAGE when the folder cannot be made
 */
export async function lockState(state: string, wait = 0): Promise<{ release(): Promise<void> }> {
  await makeNamedFolder(state, '--state', (folder) => mkdir(folder, { mode: 0o700 }))
  const path = join(state, 'agent.lock')
  const file = await open(path, 'a', 0o600)
  const child = start(['flock', '--exclusive', '--timeout', String(wait), '3'], {
    stdio: ['ignore', 'ignore', 'ignore', file.fd],
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code === 0) return { release: () => file.close() }
  await file.close()
  throw new SetpointError('ALREADY_RUNNING', `Another agent runs with the state folder ${state}.`, {
    hint: 'Stop it first, or give this one a folder of its own with --state.',
  })
}
