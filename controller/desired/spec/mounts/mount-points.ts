import { posix } from 'node:path'
import type { PackEntry } from '../../../../schemas/pack.ts'
import { cleanPath } from '../../compose/model/path.ts'
import { type Cursor, itemsOf, within } from '../../cursor.ts'
import type { Files } from '../../files/files.ts'
import type { Folder } from '../../files/tree-paths.ts'
import { scalarText, textAt, valueAt } from '../../yaml/node.ts'
import { isOfRepository } from './mounts.ts'

/** A place in a container that something is mounted on. */
export interface MountPoint {
  target: string
  kind: 'file' | 'folder'
}

/** All places of a service that something is mounted on: what stands below another mount must be there in that one. */
export function mountPointsOf(service: Cursor, files: Files): MountPoint[] {
  const volumes = itemsIn(service, 'volumes').map(({ node }): MountPoint => {
    const source = textAt(node, 'source')
    const isFolder = textAt(node, 'type') !== 'bind' || !isOfRepository(source) || files.list(source)
    return { target: cleanPath(textAt(node, 'target') ?? ''), kind: isFolder ? 'folder' : 'file' }
  })
  const tmpfs = itemsIn(service, 'tmpfs').flatMap(({ node }): MountPoint[] =>
    node.kind === 'scalar'
      ? [{ target: cleanPath(scalarText(node).split(':', 1)[0] ?? ''), kind: 'folder' }]
      : [],
  )
  return [
    ...volumes,
    ...tmpfs,
    ...filesAt(service, 'configs', '/'),
    ...filesAt(service, 'secrets', '/run/secrets'),
  ]
}

/**
 * What a folder of the repository lacks for others to be mounted in it at `target`, as `./app:/app` beside
 * `modules:/app/node_modules`. Docker makes it in the folder on the host; here the folder is read-only.
 */
export function lackingIn(folder: Folder, target: string, points: MountPoint[]): PackEntry[] {
  const inside = points.filter((point) => isBelow(point.target, target))
  const nearest = inside.filter(({ target: own }) => !inside.some((other) => isBelow(own, other.target)))
  const lacking = nearest
    .map(({ target: own, kind }) => ({ path: own.slice(target.length + 1), kind, content: EMPTY }))
    .filter(({ path }) => !has(folder, path))
  return [...new Map(lacking.map((entry) => [entry.path, entry])).values()]
}

const EMPTY = Buffer.alloc(0)

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`)
}

function has({ files, prefix }: Folder, path: string): boolean {
  const full = `${prefix}${path}`
  return files.some((file) => file.path === full || file.path.startsWith(`${full}/`))
}

function filesAt(service: Cursor, section: 'configs' | 'secrets', start: string): MountPoint[] {
  return itemsIn(service, section).map(({ node }) => ({
    target: posix.resolve(start, textAt(node, 'target') ?? textAt(node, 'source') ?? ''),
    kind: 'file',
  }))
}

function itemsIn(service: Cursor, key: string): Cursor[] {
  return valueAt(service.node, key) ? (itemsOf(within(service, key)) ?? []) : []
}
