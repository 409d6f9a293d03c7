import { readFile } from 'node:fs/promises'

/** A line of /proc/<pid>/mountinfo, see proc(5). */
export interface MountPoint {
  id: number
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
  shared: boolean
  /** What is mounted on another mount's side is seen here, too. */
  slave: boolean
}

/** What is mounted in this process's mount namespace, in the order of mounting. */
export async function readMounts(): Promise<MountPoint[]> {
  return parseMounts(await readFile('/proc/self/mountinfo', 'utf8'))
}

/** The text of /proc/<pid>/mountinfo; lines of another shape are left out. */
export function parseMounts(text: string): MountPoint[] {
  return text
    .split('\n')
    .filter((line) => line.includes(' - '))
    .map(parseLine)
}

/** The mount that a path lies in: the last one mounted at its longest mounted ancestor. */
export function mountOf(path: string, mounts: MountPoint[]): MountPoint | undefined {
  let found: MountPoint | undefined
  for (const mount of mounts) {
    if (isInside(path, mount.target) && mount.target.length >= (found?.target.length ?? 0)) found = mount
  }
  return found
}

/** True when `path` is `folder` or lies in it. */
export function isInside(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`)
}

function parseLine(line: string): MountPoint {
  const [front = '', back = ''] = line.split(' - ')
  const [id, , device = '', root = '', target = '', flags = '', ...tags] = front.split(' ')
  const [type = '', , options = ''] = back.split(' ')
  return {
    id: Number(id),
    device,
    root: unescapeOctal(root),
    target: unescapeOctal(target),
    readOnly: flags.split(',').includes('ro'),
    type,
    options: options.split(',').map(unescapeOctal),
    shared: tags.some((tag) => tag.startsWith('shared:')),
    slave: tags.some((tag) => tag.startsWith('master:')),
  }
}

/** Space, tab, newline and backslash are written as `\040` and so on. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)))
}
