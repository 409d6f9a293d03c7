import { readdir, readFile, rmdir } from 'node:fs/promises'
import { command } from './host-command.ts'
import type { Namespaces } from './host-namespaces.ts'

/** What marks everything of one test host: its folder, and the instance name that cgroups carry. */
export interface Marks {
  folder: string
  instance: string
}

export interface Process {
  pid: number
  command: string
}

/** iproute2 makes it at the first `ip netns add` for all users of the machine, and leaves it. */
const IPROUTE_MOUNT = '/run/netns'

/** What stands on a host now, one line each; two of these tell what was left behind. */
export async function traces(namespaces: Namespaces, marks: Marks): Promise<Set<string>> {
  const [mounts, links, tables, names, cgroups, processes, files] = await Promise.all([
    mountsOf(namespaces.pid),
    lines(namespaces.enter(['ip', '-brief', 'link']), (line) => line.split(/[\s@]/)[0] ?? ''),
    lines(namespaces.enter(['nft', 'list', 'tables'])),
    lines(namespaces.enter(['ip', 'netns', 'list']), (line) => line.split(' ')[0] ?? ''),
    cgroupsOf(marks),
    processesOf(marks),
    filesOf(namespaces, marks),
  ])
  return new Set([
    ...mounts.filter((mount) => mount !== IPROUTE_MOUNT).map((mount) => `mount ${mount}`),
    ...links.map((link) => `link ${link}`),
    ...tables.map((table) => `nftables ${table}`),
    ...names.map((name) => `network namespace ${name}`),
    ...cgroups.map((path) => `cgroup ${path}`),
    ...processes.filter(({ pid }) => pid !== namespaces.pid).map(({ command }) => `process ${command}`),
    ...files.map((path) => `file ${path}`),
  ])
}

/** Every process that runs on the host or in one of its containers: they see the host's folder in their mounts. */
async function processesOf(marks: Marks): Promise<Process[]> {
  const pids = (await readdir('/proc'))
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [mounts, cgroup] = await Promise.all([
        read(`/proc/${pid}/mountinfo`),
        read(`/proc/${pid}/cgroup`),
      ])
      if (!mounts.includes(`${marks.folder}/`) && !cgroup.includes(marks.instance)) return []
      const command = (await read(`/proc/${pid}/cmdline`)).split('\0').join(' ').trim()
      return command === '' ? [] : [{ pid, command }] // one that has ended and waits for its parent has no command line
    }),
  )
  return found.flat()
}

/** Kills every process of the host but the one that holds its namespaces, and removes its cgroups. */
export async function sweep(marks: Marks, keep: number): Promise<void> {
  for (let round = 0; round < 50; round++) {
    const processes = (await processesOf(marks)).filter(({ pid }) => pid !== keep)
    if (processes.length === 0) break
    for (const { pid } of processes) kill(pid)
    await new Promise((resolve) => setTimeout(resolve, 20)) // a killed process tells nobody but its parent
  }
  const cgroups = await cgroupsOf(marks)
  for (const path of cgroups.sort((a, b) => b.length - a.length)) await rmdir(path).catch(() => {})
}

/** What buildah, crun (to say its version) and iproute2 make for all users of the machine, and leave. */
const OF_OTHERS = ['/run/containers', '/run/crun', '/run/lock', '/run/netns']

/** The host's own /run; of what it shares with the machine only what has its name. */
async function filesOf(namespaces: Namespaces, { instance }: Marks): Promise<string[]> {
  const spared = OF_OTHERS.flatMap((path) => ['-path', path, '-prune', '-o'])
  const [run, shared] = await Promise.all([
    lines(namespaces.enter(['find', '/run', '-mindepth', '1', '-maxdepth', '4', ...spared, '-print'])),
    lines(['find', '/etc', '/var/tmp', '/var/lib/cni', '/var/lib/setpoint', '-path', `*${instance}*`]),
  ])
  return [...run, ...shared]
}

async function mountsOf(pid: number): Promise<string[]> {
  const text = await read(`/proc/${pid}/mountinfo`)
  return text
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
}

async function cgroupsOf({ instance }: Marks): Promise<string[]> {
  return lines(['find', '/sys/fs/cgroup', '-type', 'd', '-path', `*${instance}*`])
}

async function lines(argv: string[], pick: (line: string) => string = (line) => line): Promise<string[]> {
  const { stdout } = await command(argv)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map(pick)
}

function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '') // it ended while we looked
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
