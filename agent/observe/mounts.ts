import { isInside, type MountPoint, parseMounts } from '../mountinfo.ts'

/** Reads mount tables again and again: one that has not changed since is not parsed again. */
export interface MountReader {
  read(key: string, mountinfo: string): MountPoint[]
  /** Forgets all others. */
  keep(keys: Set<string>): void
}

export function createMountReader(): MountReader {
  const last = new Map<string, { mountinfo: string; lines: MountPoint[] }>()
  return {
    read(key, mountinfo) {
      const known = last.get(key)
      if (known?.mountinfo === mountinfo) return known.lines
      const lines = parseMounts(mountinfo)
      last.set(key, { mountinfo, lines })
      return lines
    },
    keep(keys) {
      for (const key of last.keys()) if (!keys.has(key)) last.delete(key)
    },
  }
}

/**
 * The mounts of a task as `target=source[:ro]`, sorted, of those of its targets that are mounted.
 * @param wanted the same as it was set up
 * @param inside what the task has mounted
 * @param host what the agent has mounted: it tells where on the host a file system's folder is found
 */
export function foundMounts(
  wanted: string[],
  { inside, host }: { inside: MountPoint[]; host: MountPoint[] },
): string[] {
  return wanted
    .flatMap((text) => {
      const [target = '', source = ''] = text.split(/=(.*)/s)
      const mount = inside.findLast((line) => line.target === target)
      if (!mount) return []
      const from = sourceOf(mount, host, source.replace(/:ro$/, ''))
      return [`${target}=${from}${mount.readOnly ? ':ro' : ''}`]
    })
    .sort()
}

/** Over which folder the root of a process is mounted; undefined when it is no overlay. */
export function lowerdirOf(inside: MountPoint[]): string | undefined {
  const root = inside.findLast(({ target }) => target === '/')
  return root?.options.find((option) => option.startsWith('lowerdir='))?.slice('lowerdir='.length)
}

/** Of all places where the host shows what is mounted the wanted one, if it is among them. */
function sourceOf(mount: MountPoint, host: MountPoint[], wanted: string): string {
  if (mount.type === 'tmpfs' && wanted === 'tmpfs') return 'tmpfs'
  const places = host
    .filter(({ device, root }) => device === mount.device && isInside(mount.root, root))
    .map(({ root, target }) => join(target, mount.root.slice(root === '/' ? 0 : root.length)))
  return places.find((place) => place === wanted) ?? places[0] ?? `${mount.type} ${mount.root}`
}

function join(target: string, rest: string): string {
  return `${target}/${rest}`.replaceAll(/\/+/g, '/').replace(/(.)\/$/, '$1')
}
