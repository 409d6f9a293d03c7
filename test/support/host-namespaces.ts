import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { must } from './host-command.ts'

/** The test host's address, and that of the machine outside it (RFC 5737). */
export const HOST_ADDRESS = '192.0.2.1'
const OUTSIDE_ADDRESS = '192.0.2.2'

export interface Answer {
  status: number
  body: string
}

/** A machine made of a network and a mount namespace, and another network namespace outside it, joined by a veth. */
export interface Namespaces {
  /** The process that holds the host's namespaces. */
  pid: number
  /** The argv that runs a command on the host. */
  enter(argv: string[]): string[]
  /** The argv that runs a command outside, where only the host's published ports can be reached. */
  enterOutside(argv: string[]): string[]
  /** Fetches from outside. Throws when nobody answers. */
  fetch(url: string, timeout?: number): Promise<Answer>
  close(): Promise<void>
}

/**
 * Makes both. They are held by two processes that end when this one does, so nothing can be left behind of them.
 * @param containersConf a folder that stands at /etc/containers on the host
 */
export async function makeNamespaces(containersConf: string): Promise<Namespaces> {
  const holder = await holdNamespaces(containersConf)
  const outside = await startOutside()
  const enter = (argv: string[]) => ['nsenter', `--target=${holder.pid}`, '--net', '--mount', '--', ...argv]
  const enterOutside = (argv: string[]) => [
    'nsenter',
    `--target=${outside.child.pid}`,
    '--net',
    '--',
    ...argv,
  ]
  await plugIn(enter, enterOutside, outside.child.pid ?? 0)
  return {
    pid: holder.pid ?? 0,
    enter,
    enterOutside,
    fetch: outside.fetch,
    close: async () => {
      await Promise.all([end(holder), end(outside.child)])
    },
  }
}

/**
 * The host's own /run keeps its files apart from the machine's. Where cgroup v1 and v2 stand side by side, taking the
 * second away leaves a plain v1 host, which crun accepts.
 */
const PREPARE = `set -e
if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi
mount -t tmpfs tmpfs /run
mkdir -p /run/lock
mount --bind "$1" /etc/containers
ip link set lo up
echo ready
exec cat >/dev/null`

async function holdNamespaces(containersConf: string): Promise<ChildProcess> {
  const unshare = ['--net', '--mount', '--propagation', 'private', '--']
  const child = spawn('unshare', [...unshare, 'sh', '-c', PREPARE, 'sh', containersConf], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await firstLine(child)
  return child
}

async function startOutside() {
  const script = join(import.meta.dirname, 'host-outside.ts')
  const child = spawn('unshare', ['--net', '--', process.execPath, script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const waiting = new Map<number, (answer: Answer & { error?: string }) => void>()
  await firstLine(child, (line) => {
    const answer = JSON.parse(line)
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  let last = 0
  const fetch = (url: string, timeout = 5_000): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, (answer) =>
        answer.error ? reject(new Error(`${url}: ${answer.error}`)) : resolve(answer),
      )
      child.stdin?.write(`${JSON.stringify({ id, url, timeout })}\n`)
    })
  return { child, fetch }
}

/** A veth between the two: as a cable between two machines. */
async function plugIn(
  enter: (argv: string[]) => string[],
  enterOutside: (argv: string[]) => string[],
  outsidePid: number,
): Promise<void> {
  const peer = ['peer', 'name', 'up0', 'netns', String(outsidePid)]
  await must(enter(['ip', 'link', 'add', 'up0', 'type', 'veth', ...peer]))
  for (const [into, address] of [
    [enter, HOST_ADDRESS],
    [enterOutside, OUTSIDE_ADDRESS],
  ] as const) {
    await must(into(['ip', 'address', 'add', `${address}/24`, 'dev', 'up0']))
    await must(into(['ip', 'link', 'set', 'up0', 'up']))
  }
  await must(enterOutside(['ip', 'link', 'set', 'lo', 'up']))
}

function firstLine(child: ChildProcess, rest: (line: string) => void = () => {}): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`a namespace could not be made (${code}); are you root?`)))
    child.once('error', reject)
    if (child.stdout === null) throw new Error('no stdout')
    createInterface({ input: child.stdout })
      .once('line', () => resolve())
      .on('line', rest)
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
