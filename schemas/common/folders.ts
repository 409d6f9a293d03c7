import { posix } from 'node:path'
import { SetpointError } from '../error.ts'

/** mkdir(2) of one folder. */
export type Mkdir = (folder: string) => Promise<unknown>

/**
 * Makes a folder with those above it, one after the other. Node's own `recursive` never ends where the kernel answers
 * ENOENT although the folder above is there, as in /proc, and holds a thread of the process for ever.
 * @param path absolute
 * @throws what `mkdir` says of the first that cannot be made
 */
export async function makeFolder(path: string, mkdir: Mkdir): Promise<void> {
  for (const folder of foldersTo(path)) await mkdir(folder).catch(isThere)
}

/**
 * The same for a folder that a person has named.
 * @param option how they have: `--state`
 * @throws SetpointError USAGE
 */
export async function makeNamedFolder(path: string, option: string, mkdir: Mkdir): Promise<void> {
  await makeFolder(path, mkdir).catch((cause: Error) => {
    const hint = `Name another place with ${option}.`
    throw new SetpointError('USAGE', `The folder ${path} cannot be made: ${cause.message}.`, { hint, cause })
  })
}

/** `/a/b` → `/a`, `/a/b`. */
function foldersTo(path: string): string[] {
  const parent = posix.dirname(path)
  return parent === path ? [] : [...foldersTo(parent), path]
}

function isThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
