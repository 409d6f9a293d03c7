import { readdir, readFile } from 'node:fs/promises'

/** A process of a test host or of one of its containers. */
export interface HostProcess {
  pid: number
  parent: number
  argv: string[]
  /** The task in whose cgroup it is; undefined outside of containers. */
  task: string | undefined
}

interface Marks {
  folder: string
  instance: string
}

/** Every process of a host that lives: those see its folder in their mounts, or are in a cgroup of its agent. */
export async function processesOn({ folder, instance }: Marks): Promise<HostProcess[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid)
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [mounts, cgroup, stat, cmdline] = await Promise.all(
        ['mountinfo', 'cgroup', 'stat', 'cmdline'].map((name) => read(`/proc/${pid}/${name}`)),
      )
      const task = new RegExp(`/setpoint/${instance}/([^/\n]+)`).exec(cgroup ?? '')?.[1]
      if (task === undefined && !mounts?.includes(`${folder}/`)) return []
      if (!cmdline) return [] // it has ended and waits for its parent
      const parent = Number(stat?.slice(stat.lastIndexOf(')')).split(' ')[2])
      return [{ pid, parent, argv: cmdline.split('\0').slice(0, -1), task }]
    }),
  )
  return found.flat()
}

/** The container of a conmon; undefined for another process. */
export function containerOf({ argv }: HostProcess): string | undefined {
  if (!argv[0]?.endsWith('conmon')) return undefined
  return argv.find((one) => one.startsWith('--cid='))?.slice('--cid='.length)
}

/** The hosts file of a name server; undefined for another process. */
export function hostsFileOf({ argv }: HostProcess): string | undefined {
  return argv.find((one) => one.startsWith('--addn-hosts='))?.slice('--addn-hosts='.length)
}

function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '') // it ended while we looked
}
