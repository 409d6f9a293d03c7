import { isInside, type MountPoint, parseMounts } from '../mountinfo.ts'
import { readInPlace } from './read-in-place.ts'

/** Reads mount tables again and again: one that has not changed since is not parsed again. */
export interface MountReader {
  /** What a process has mounted; undefined when it has ended. @param pid a number, or `self` */
  read(pid: string): MountPoint[] | undefined
  /** Forgets all others. */
  keep(pids: Set<string>): void
}

/** @param proc where procfs is mounted */
export function createMountReader(proc: string): MountReader {
  const last = new Map<string, { bytes: Buffer; lines: MountPoint[] }>()
  return {
    read(pid) {
      const bytes = readInPlace(`${proc}/${pid}/mountinfo`)
      const known = last.get(pid)
      if (bytes === undefined || known?.bytes.equals(bytes)) return bytes && known?.lines
      const lines = parseMounts(bytes.toString())
      last.set(pid, { bytes: Buffer.from(bytes), lines })
      return lines
    },
    keep(pids) {
      for (const pid of last.keys()) if (!pids.has(pid)) last.delete(pid)
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

/** Where the host shows what is mounted: the wanted place, if it is among them. */
function sourceOf(mount: MountPoint, host: MountPoint[], wanted: string): string {
  if (mount.type === 'tmpfs' && wanted === 'tmpfs') return 'tmpfs'
  const places = host
    .filter(({ device, root }) => device === mount.device && isInside(mount.root, root))
    .map(({ root, target }) => below(target, mount.root.slice(root === '/' ? 0 : root.length)))
  return places.find((place) => place === wanted) ?? places[0] ?? `${mount.type} ${mount.root}`
}

/** The path of what is `rest` below a target; either may be `/` or end with a slash. */
function below(target: string, rest: string): string {
  return `${target}/${rest}`.replaceAll(/\/+/g, '/').replace(/(.)\/$/, '$1')
}
