import { mkdir } from 'node:fs/promises'
import { posix } from 'node:path'

/**
 * Makes a folder of the host with those above it, one after the other. Node's own `recursive` never ends where the kernel
 * answers ENOENT although the folder above is there, as in /proc, and holds a thread of the agent for ever.
 * @param path absolute
 * @throws what mkdir(2) says of the first that cannot be made
 */
export async function makeFolder(path: string): Promise<void> {
  for (const folder of [...above(path), path]) await mkdir(folder).catch(isThere)
}

/** `/a/b/c` → `/a`, `/a/b`. */
function above(path: string): string[] {
  const parent = posix.dirname(path)
  return parent === path || parent === '/' ? [] : [...above(parent), parent]
}

function isThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
