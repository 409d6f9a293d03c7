/** A line of /proc/<pid>/mountinfo, see proc(5). */
export interface MountLine {
  /** `major:minor` of what is mounted. */
  device: string
  /** Which folder of that file system is mounted. */
  root: string
  /** Where, seen from the process. */
  target: string
  readOnly: boolean
  type: string
  /** The file system's own options, e.g. overlay's `lowerdir=…`. */
  options: string[]
}

/** Reads mount tables again and again: one that has not changed since is not parsed again. */
export interface MountReader {
  read(key: string, mountinfo: string): MountLine[]
  /** Forgets all others. */
  keep(keys: Set<string>): void
}

export function createMountReader(): MountReader {
  const last = new Map<string, { mountinfo: string; lines: MountLine[] }>()
  return {
    read(key, mountinfo) {
      const known = last.get(key)
      if (known?.mountinfo === mountinfo) return known.lines
      const lines = parseMountinfo(mountinfo)
      last.set(key, { mountinfo, lines })
      return lines
    },
    keep(keys) {
      for (const key of last.keys()) if (!keys.has(key)) last.delete(key)
    },
  }
}

export function parseMountinfo(text: string): MountLine[] {
  return text
    .split('\n')
    .filter((line) => line.includes(' - '))
    .map(parseLine)
}

/**
 * The mounts of a task as `target=source[:ro]`, sorted, of those of its targets that are mounted.
 * @param wanted the same as it was set up
 * @param inside what the task has mounted
 * @param host what the agent has mounted: it tells where on the host a file system's folder is found
 */
export function foundMounts(
  wanted: string[],
  { inside, host }: { inside: MountLine[]; host: MountLine[] },
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
export function lowerdirOf(inside: MountLine[]): string | undefined {
  const root = inside.findLast(({ target }) => target === '/')
  return root?.options.find((option) => option.startsWith('lowerdir='))?.slice('lowerdir='.length)
}

/** Of all places where the host shows what is mounted the wanted one, if it is among them. */
function sourceOf(mount: MountLine, host: MountLine[], wanted: string): string {
  if (mount.type === 'tmpfs' && wanted === 'tmpfs') return 'tmpfs'
  const places = host
    .filter(({ device, root }) => device === mount.device && isInside(mount.root, root))
    .map(({ root, target }) => join(target, mount.root.slice(root === '/' ? 0 : root.length)))
  return places.find((place) => place === wanted) ?? places[0] ?? `${mount.type} ${mount.root}`
}

function isInside(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`)
}

function join(target: string, rest: string): string {
  return `${target}/${rest}`.replaceAll(/\/+/g, '/').replace(/(.)\/$/, '$1')
}

function parseLine(line: string): MountLine {
  const [front = '', back = ''] = line.split(' - ')
  const [, , device = '', root = '', target = '', flags = ''] = front.split(' ')
  const [type = '', , options = ''] = back.split(' ')
  return {
    device,
    root: unescapeOctal(root),
    target: unescapeOctal(target),
    readOnly: flags.split(',').includes('ro'),
    type,
    options: options.split(',').map(unescapeOctal),
  }
}

/** Space, tab, newline and backslash are written as `\040` and so on. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)))
}
