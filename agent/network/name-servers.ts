import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SetpointError } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import { type Argv, type Result, run } from '../runtime/exec.ts'
import { removeFile } from './durable.ts'
import { within } from './within.ts'

/** One dnsmasq: it answers the names of a set of networks to the tasks that are in exactly these. */
export interface NameServer {
  key: string
  /** The address that it listens on, on a bridge of the agent. */
  address: string
  /** Whether names that are not the stack's go to the host's resolvers. */
  upstream: boolean
}

/** The name servers of this host. They outlive the agent; a running one is taken over. */
export interface NameServers {
  /** Starts the server unless it runs. */
  ensure(server: NameServer): Promise<void>
  /** Makes the server answer these names (hosts file lines); undefined leaves what it answers now. */
  answer(server: NameServer, names: string | undefined): Promise<void>
  stop(key: string): Promise<void>
  /** The keys of all that were started since the host was. */
  list(): Promise<string[]>
}

interface NameServersOptions {
  /** Put before every command; empty in production. */
  prefix: string[]
  /** Where pid and hosts files are, gone after a reboot. */
  folder: string
  log: Log
}

interface Files {
  pid: string
  hosts: string
}

const STOP_DEADLINE = 3_000

export function createNameServers({ prefix, folder, log }: NameServersOptions): NameServers {
  const busy = new Map<string, Promise<unknown>>()
  const answered = new Map<string, string>()
  const files = (key: string): Files => ({
    pid: join(folder, `${key}.pid`),
    hosts: join(folder, `${key}.hosts`),
  })

  async function begin(server: NameServer): Promise<void> {
    const own = files(server.key)
    if ((await pidOf(own)) !== undefined) return
    await mkdir(folder, { recursive: true, mode: 0o755 })
    await writeFile(own.hosts, '', { flag: 'a', mode: 0o644 })
    const asRoot = !(await isOpenToAll(folder))
    if (asRoot) log.debug({ folder }, 'the name server runs as root: its own user could not read this folder')
    const argv = within(prefix, dnsmasqArgv(server, own, asRoot))
    const { exitCode, stderr, stdout } = await runPatiently(argv)
    if (exitCode === 0) return
    throw new SetpointError('NETWORK_FAILED', `The name server did not start: ${(stderr || stdout).trim()}`, {
      hint: `See what holds port 53 of ${server.address} or of every address on the host.`,
    })
  }

  async function write({ key }: NameServer, names: string): Promise<void> {
    const own = files(key)
    await mkdir(folder, { recursive: true, mode: 0o755 })
    await writeFile(`${own.hosts}.tmp`, names, { mode: 0o644 })
    await rename(`${own.hosts}.tmp`, own.hosts)
    answered.set(key, names)
    signal(await pidOf(own), 'SIGHUP')
  }

  /** One thing at a time for each server. */
  function inTurn(key: string, work: () => Promise<void>): Promise<void> {
    const turn = (busy.get(key) ?? Promise.resolve()).then(work, work)
    busy.set(key, turn)
    return turn.finally(() => {
      if (busy.get(key) === turn) busy.delete(key)
    })
  }

  return {
    ensure: (server) => inTurn(server.key, () => begin(server)),
    answer: (server, names) =>
      inTurn(server.key, async () => {
        if (names !== undefined && names !== answered.get(server.key)) await write(server, names)
        await begin(server)
      }),
    async list() {
      const names = await readdir(folder).catch(() => []) // there has been none yet
      return names.filter((name) => name.endsWith('.pid')).map((name) => name.slice(0, -'.pid'.length))
    },
    stop: (key) =>
      inTurn(key, async () => {
        answered.delete(key)
        await end(files(key))
        await Promise.all(Object.values(files(key)).map(removeFile))
      }),
  }
}

/** The command line of a name server: it listens on one address, knows one hosts file, and says nothing about DHCP. */
export function dnsmasqArgv(server: NameServer, files: Files, asRoot: boolean): Argv {
  return [
    'dnsmasq',
    '--conf-file=/dev/null',
    `--listen-address=${server.address}`,
    '--bind-interfaces',
    '--no-hosts',
    `--addn-hosts=${files.hosts}`,
    `--pid-file=${files.pid}`,
    '--domain-needed',
    '--local=/tasks/',
    ...(server.upstream ? [] : ['--no-resolv']),
    ...(asRoot ? ['--user=root', '--group=root'] : []),
  ]
}

/** A server that was just killed holds its address a moment longer than its command line can be read. */
async function runPatiently(argv: Argv): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    const result = await run(argv, { timeout: 15_000 })
    const isTaken = result.exitCode !== 0 && result.stderr.includes('Address already in use')
    if (!isTaken || attempt === 5) return result
    await sleep(20 * attempt)
  }
}

/** The pid of the dnsmasq that serves this hosts file, if it lives. */
async function pidOf({ pid, hosts }: Files): Promise<number | undefined> {
  try {
    const number = Number((await readFile(pid, 'utf8')).trim())
    if (!Number.isInteger(number) || number <= 0) return undefined
    const cmdline = await readFile(`/proc/${number}/cmdline`, 'utf8')
    return cmdline.split('\0').includes(`--addn-hosts=${hosts}`) ? number : undefined
  } catch {
    return undefined // no pid file, or no such process
  }
}

async function end(files: Files): Promise<void> {
  signal(await pidOf(files), 'SIGTERM')
  const deadline = Date.now() + STOP_DEADLINE
  for (let pid = await pidOf(files); pid !== undefined; pid = await pidOf(files)) {
    if (Date.now() > deadline) signal(pid, 'SIGKILL')
    await sleep(10)
  }
}

function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** dnsmasq reads its files after it has become another user. */
async function isOpenToAll(folder: string): Promise<boolean> {
  const { mode } = await stat(folder)
  if ((mode & 0o001) === 0) return false
  return folder === '/' || isOpenToAll(dirname(folder))
}
