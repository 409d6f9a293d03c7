import { readFile, writeFile } from 'node:fs/promises'
import { SetpointError } from '../../schemas/error.ts'
import { succeed } from '../runtime/exec.ts'
import { within } from './within.ts'

/**
 * Sets a kernel parameter of the network namespace, if it has another value.
 * @param prefix put before commands; /proc/sys shows the namespace of who reads it, so with a prefix a command reads
 * @returns true when it had to be changed
 */
export async function setSysctl(prefix: string[], name: string, value: string): Promise<boolean> {
  const path = `/proc/sys/${name}`
  try {
    if ((await read(prefix, path)).trim() === value) return false
    await write(prefix, path, value)
    return true
  } catch (error) {
    throw new SetpointError('NETWORK_FAILED', `The kernel parameter ${name} cannot be set to ${value}.`, {
      hint: `Set it on the host: \`sysctl -w ${name.replaceAll('/', '.')}=${value}\`.`,
      cause: error,
    })
  }
}

/** A kernel parameter of the network namespace. */
export function readSysctl(prefix: string[], name: string): Promise<string> {
  return read(prefix, `/proc/sys/${name}`)
}

function read(prefix: string[], path: string): Promise<string> {
  return prefix.length === 0 ? readFile(path, 'utf8') : succeed(within(prefix, ['cat', path]))
}

async function write(prefix: string[], path: string, value: string): Promise<void> {
  if (prefix.length === 0) await writeFile(path, value)
  else await succeed(within(prefix, ['tee', path]), { input: value })
}
