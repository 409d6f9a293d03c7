import { posix } from 'node:path'

/** The one way of writing a path: without `.`, `..`, repeated slashes and one at the end. Empty stays empty. */
export function cleanPath(path: string): string {
  if (path === '') return ''
  const normal = posix.normalize(path)
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal
}
