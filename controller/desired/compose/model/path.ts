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
  return cleanPath(directory === '' ? path : `${directory}/${path}`)
}

/** Without `.`, doubled slashes and a slash at its end, and `..` taken off what stands before it (Go's `path.Clean`). */
export function cleanPath(path: string): string {
  const root = path.startsWith('/') ? '/' : ''
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    const last = parts.at(-1)
    if (part !== '..' || (root === '' && (last === undefined || last === '..'))) parts.push(part)
    else parts.pop()
  }
  return `${root}${parts.join('/')}` || '.'
}

/** `C:\data`, `C:/data`, `\\server\share`. */
function isWindowsPath(path: string): boolean {
  return /^([a-zA-Z]:[\\/]|\\\\)/.test(path)
}
