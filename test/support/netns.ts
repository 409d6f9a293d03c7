import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Log } from '../../schemas/log.ts'

const execute = promisify(execFile)

/** A host of its own: a network and a mount namespace with a neighbour outside, all gone on `close`. */
export interface NetnsHost {
  /** Put before a command to run it on this host. */
  prefix: string[]
  /** The host in /proc, for what is read there. */
  proc: string
  /** A folder that is removed on `close`. */
  folder: string
  /** Runs a command on the host and gives its stdout. */
  run(...argv: string[]): Promise<string>
  /** Runs `ip -batch` lines on the host. */
  ip(lines: string[]): Promise<void>
  /** Runs a command at the neighbour, who routes by way of this host. */
  outside(...argv: string[]): Promise<string>
  /** Starts a command on the host; it ends with the host. */
  start(...argv: string[]): ChildProcess
  close(): Promise<void>
}

export const HOST_ADDRESS = '192.0.2.1'
export const NEIGHBOUR_ADDRESS = '192.0.2.2'

export async function netnsHost(): Promise<NetnsHost> {
  const folder = await mkdtemp(join(tmpdir(), 'setpoint-net-'))
  const holder = spawn('unshare', ['--net', '--mount', '--', 'cat'], { stdio: ['pipe', 'ignore', 'ignore'] })
  await once(holder, 'spawn')
  await entered(holder)
  const prefix = ['nsenter', `--target=${holder.pid}`, '--net', '--mount', '--']
  const started: ChildProcess[] = []
  const run = async (...argv: string[]): Promise<string> => {
    const [command = '', ...args] = [...prefix, ...argv]
    return (await execute(command, args, { timeout: 10_000 })).stdout
  }
  const ip = async (lines: string[]): Promise<void> => {
    for (const line of lines) await run('ip', ...line.split(' '))
  }
  await run('mount', '-t', 'tmpfs', 'tmpfs', '/run')
  await ip([
    'link set lo up',
    'netns add outside',
    'link add outside type veth peer name eth0 netns outside',
    `addr add ${HOST_ADDRESS}/24 dev outside`,
    'link set outside up',
    '-n outside link set lo up',
    `-n outside addr add ${NEIGHBOUR_ADDRESS}/24 dev eth0`,
    '-n outside link set eth0 up',
    `-n outside route add default via ${HOST_ADDRESS}`,
  ])
  return {
    ...{ prefix, proc: `/proc/${holder.pid}`, folder, run, ip },
    outside: (...argv) => run('ip', 'netns', 'exec', 'outside', ...argv),
    start: (...argv) => {
      const [command = '', ...args] = [...prefix, ...argv]
      const child = spawn(command, args, { stdio: 'ignore' })
      started.push(child)
      return child
    },
    async close() {
      await endNameServers(folder)
      await Promise.all([...started, holder].map(end))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A log that says nothing. */
export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** `unshare` becomes the command once it is in its namespaces. */
async function entered(holder: ChildProcess): Promise<void> {
  const own = await readlink('/proc/self/ns/net')
  for (;;) {
    const there = await readlink(`/proc/${holder.pid}/ns/net`)
    const name = await readFile(`/proc/${holder.pid}/comm`, 'utf8')
    if (there !== own && name.trim() === 'cat') return
    if (holder.exitCode !== null) throw new Error('unshare failed: are you root?')
  }
}

/** Of a test that failed before it could take its name servers away: they would keep the namespace. */
async function endNameServers(folder: string): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.pid')) continue
    const pid = Number(await readFile(join(folder, name), 'utf8'))
    const cmdline = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (cmdline.includes(folder)) process.kill(pid, 'SIGKILL')
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
