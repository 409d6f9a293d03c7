import { readFile } from 'node:fs/promises'
import type { Channel } from '../../schemas/session/channel.ts'
import { FRAME, jsonFrame } from '../../schemas/session/frames.ts'
import type { ProcessLine, TopRequest } from '../../schemas/session/request.ts'
import { iso } from '../clock.ts'
import { readKernelFile } from '../kernel-file.ts'
import { argvOfProcess, parseProcessStat } from '../processes.ts'
import { cgroupPath } from '../runtime/cgroup/cgroup.ts'
import { cgroupProcesses } from '../runtime/cgroup/processes.ts'
import { readInRoot } from '../runtime/in-root.ts'
import { MAX_ACCOUNTS, parsePasswd } from '../runtime/users/accounts.ts'
import { type Reach, reachTask } from './reach.ts'
import { rootOf } from './root-ids.ts'

/** Processes of one task that are told of. */
const MOST = 1_000
/** Letters of a command line. */
const MAX_ARGV = 4096
/** Clock ticks of /proc in a second (USER_HZ), and bytes of a page: those of every Linux that Node runs on. */
const TICKS = 100
const PAGE = 4096

/** Sends the processes of a task as the host's kernel has them: the image needs no `ps`. */
export async function sendProcesses(request: TopRequest, channel: Channel, reach: Reach): Promise<void> {
  const { imageRoot, pid: first } = await reachTask(reach, request.taskId)
  const pids = await cgroupProcesses(reach.cgroup, cgroupPath(reach.paths.instance, request.taskId))
  const [booted, nameOf] = await Promise.all([bootTime(), userNames(imageRoot, first)])
  const found = pids.slice(0, MOST).map((pid) => processOf(pid, { booted, nameOf }))
  const lines = found.filter((line) => line !== undefined).sort((a, b) => a.pid - b.pid)
  for (let at = 0; at < lines.length; at += 20) {
    await channel.send(jsonFrame(FRAME.processes, lines.slice(at, at + 20)))
  }
}

interface Host {
  /** Milliseconds since 1970. */
  booted: number
  nameOf: (uid: number) => string
}

/** One that ends while it is looked at is left out. */
function processOf(pid: number, { booted, nameOf }: Host): ProcessLine | undefined {
  const [stat, status] = ['stat', 'status'].map((file) => readKernelFile(`/proc/${pid}/${file}`))
  if (stat === undefined || status === undefined) return undefined
  const argv = argvOfProcess(pid)
  const { name, startTime, cpuTime, pages } = numbersOf(stat)
  const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? 0)
  const inner = /^NSpid:.*\s(\d+)$/m.exec(status)?.[1]
  return {
    pid,
    innerPid: inner === undefined ? null : Number(inner),
    user: nameOf(uid),
    cpu: cpuTime / TICKS,
    memory: pages * PAGE,
    startedAt: iso(booted + (startTime / TICKS) * 1_000),
    argv: argv?.length ? clipped(argv) : [`[${name}]`],
  }
}

/** proc_pid_stat(5): fields 14 and 15 are the time in user and kernel mode, 24 the resident pages. */
function numbersOf(stat: string) {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const at = (field: number) => Number(fields[field - 3] ?? 0)
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
  return { name, startTime: parseProcessStat(stat).startTime, cpuTime: at(14) + at(15), pages: at(24) }
}

function clipped(argv: string[]): string[] {
  let left = MAX_ARGV
  return argv.flatMap((argument) => {
    const shown = argument.slice(0, Math.max(0, left))
    left -= argument.length
    return shown === '' && argument !== '' ? [] : [shown]
  })
}

/** Milliseconds since 1970. */
async function bootTime(): Promise<number> {
  const text = await readFile('/proc/stat', 'utf8')
  return Number(/^btime (\d+)$/m.exec(text)?.[1] ?? 0) * 1_000
}

/** The names of users, who are told by what they are on the host, as inside. @param pid a process of the container */
async function userNames(imageRoot: string | undefined, pid: number): Promise<(uid: number) => string> {
  const passwd =
    imageRoot === undefined ? undefined : await readInRoot(imageRoot, '/etc/passwd', MAX_ACCOUNTS)
  const names = new Map(parsePasswd(passwd ?? '').map(({ uid, name }) => [uid, name]))
  const root = (await rootOf(pid)).uid
  return (uid) => names.get(uid - root) ?? String(uid >= root ? uid - root : uid)
}
