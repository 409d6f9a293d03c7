import { posix } from 'node:path'
import { type Node, textNode } from '../../yaml/node.ts'
import type { Scope, Shape } from '../shape.ts'

/** A path on the host; relative ones start from the project directory. */
export const filePath: Shape = {
  expected: 'a path, as in ./data or /srv/data',
  scalar: { types: ['string'] },
  canonical: ({ node }, scope) => resolved(node, scope),
}

/** A scalar's path, resolved. */
export function resolved(node: Node, scope: Scope): Node {
  return node.kind === 'scalar' ? textNode(node, resolvePath(node.text, scope)) : node
}

/** A path of a file as it is from anywhere: `~` expanded where a home is known, a relative one joined to the directory. */
export function resolvePath(path: string, { directory, home }: Scope): string {
  if (path === '' || path.startsWith('/') || isWindowsPath(path)) return path
  if (path === '~' || path.startsWith('~/')) return home === undefined ? path : join(home, path.slice(1))
  return path.startsWith('~') ? path : join(directory, path)
}

function join(directory: string, path: string): string {
  const joined = posix.join(directory, path)
  return joined.length > 1 ? joined.replace(/\/$/, '') : joined
}

/** `C:\data`, `C:/data`, `\\server\share`. */
export function isWindowsPath(path: string): boolean {
  return /^([a-zA-Z]:[\\/]|\\\\)/.test(path)
}
