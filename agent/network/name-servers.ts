import { mkdir, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SetpointError } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import { absent } from '../disk.ts'
import { type Argv, type Result, run } from '../runtime/exec.ts'
import type { Answers } from './answers.ts'
import { within } from './within.ts'

/** One dnsmasq: it answers the names of a set of networks to the tasks that are in exactly these. */
export interface NameServer {
  key: string
  /** The address that it listens on, on a bridge of the agent. */
  address: string
  /** Whether names that are not the stack's go to the host's resolvers. */
  upstream: boolean
  /** Other resolvers than those of the host. */
  resolvers?: string[]
}

/** The name servers of this host. They outlive the agent; a running one is taken over. */
export interface NameServers {
  /** Starts the server unless it runs. */
  ensure(server: NameServer): Promise<void>
  /** Makes the server answer so; when that is news, it then runs. */
  answer(server: NameServer, answers: Answers): Promise<void>
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
  /** Read anew at SIGHUP, as the hosts file is. */
  zones: string
  /** What the server says of itself. The host's journal would get some lines with each change of names. */
  log: string
}

/** Bytes of a server's log above which it begins anew. */
const LOG_CAP = 64 * 1024

const STOP_DEADLINE = 3_000

/** The name servers of this host, in the namespaces that `prefix` leads into. */
export function createNameServers({ prefix, folder, log }: NameServersOptions): NameServers {
  let rootOnly: Promise<boolean> | undefined
  const busy = new Map<string, Promise<unknown>>()
  const answered = new Map<string, Answers>()
  const files = (key: string): Files => ({
    pid: join(folder, `${key}.pid`),
    hosts: join(folder, `${key}.hosts`),
    zones: join(folder, `${key}.zones`),
    log: join(folder, `${key}.log`),
  })

  async function begin(server: NameServer): Promise<void> {
    const own = files(server.key)
    const running = await processOf(own)
    await mkdir(folder, { recursive: true, mode: 0o755 })
    rootOnly ??= isOpenToAll(folder).then((isOpen) => !isOpen)
    const asRoot = await rootOnly
    const argv = dnsmasqArgv(server, own, asRoot)
    if (running && isSame(running.argv, argv)) return capLog(own.log)
    if (running) await end(own) // of an agent that started them otherwise
    for (const file of [own.hosts, own.zones]) await writeFile(file, '', { flag: 'a', mode: 0o644 })
    if (asRoot) log.debug({ folder }, 'the name server runs as root: its own user could not read this folder')
    const { exitCode, stderr, stdout } = await runPatiently(within(prefix, argv))
    if (exitCode === 0) return
    throw new SetpointError('NETWORK_FAILED', `The name server did not start: ${(stderr || stdout).trim()}`, {
      hint: `See what holds port 53 of ${server.address} or of every address on the host.`,
    })
  }

  /** True when it was news. */
  async function write({ key }: NameServer, { hosts, zones }: Answers): Promise<boolean> {
    const own = files(key)
    const before = answered.get(key)
    const isHosts = hosts !== undefined && hosts !== before?.hosts
    const isZones = zones !== before?.zones
    if (!isHosts && !isZones) return false
    answered.delete(key)
    await mkdir(folder, { recursive: true, mode: 0o755 })
    if (isHosts) await replace(own.hosts, hosts)
    if (isZones) await replace(own.zones, zones)
    answered.set(key, { ...before, ...(isHosts && { hosts }), zones })
    signal((await processOf(own))?.pid, 'SIGHUP')
    return true
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
    answer: (server, answers) =>
      inTurn(server.key, async () => {
        if (await write(server, answers)) await begin(server)
      }),
    async list() {
      const names = await readdir(folder).catch(() => []) // there has been none yet
      return names.filter((name) => name.endsWith('.pid')).map((name) => name.slice(0, -'.pid'.length))
    },
    stop: (key) =>
      inTurn(key, async () => {
        answered.delete(key)
        const own = files(key)
        await end(own)
        await Promise.all(Object.values(own).map((file) => rm(file, { force: true })))
      }),
  }
}

/**
 * The command line of a name server: it listens on one address, knows what its two files say, and says nothing about
 * DHCP. Other names go to the resolvers of the host's resolv.conf, which is read again when it changes; dnsmasq leaves
 * out its own address there, so that nothing goes round.
 */
function dnsmasqArgv(server: NameServer, files: Files, asRoot: boolean): Argv {
  return [
    'dnsmasq',
    '--conf-file=/dev/null',
    `--listen-address=${server.address}`,
    '--bind-interfaces',
    '--no-hosts',
    `--addn-hosts=${files.hosts}`,
    `--servers-file=${files.zones}`,
    `--pid-file=${files.pid}`,
    `--log-facility=${files.log}`,
    '--domain-needed',
    // many tasks may ask at once
    '--dns-forward-max=1000',
    '--cache-size=1000',
    ...(server.upstream && !server.resolvers ? [] : ['--no-resolv']),
    ...(server.upstream ? (server.resolvers ?? []) : []).map((address) => `--server=${address}`),
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

async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.tmp`, text, { mode: 0o644 })
  await rename(`${file}.tmp`, file)
}

/** dnsmasq appends to what is left of the file. */
async function capLog(file: string): Promise<void> {
  const log = await stat(file).catch(absent)
  if (log && log.size > LOG_CAP) await truncate(file)
}

function isSame(a: string[], b: string[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** The dnsmasq that serves this hosts file, if it lives. */
async function processOf({ pid, hosts }: Files): Promise<{ pid: number; argv: string[] } | undefined> {
  try {
    const number = Number((await readFile(pid, 'utf8')).trim())
    if (!Number.isInteger(number) || number <= 0) return undefined
    const argv = (await readFile(`/proc/${number}/cmdline`, 'utf8')).split('\0').slice(0, -1)
    return argv.includes(`--addn-hosts=${hosts}`) ? { pid: number, argv } : undefined
  } catch {
    return undefined // no pid file, or no such process
  }
}

async function end(files: Files): Promise<void> {
  signal((await processOf(files))?.pid, 'SIGTERM')
  const deadline = Date.now() + STOP_DEADLINE
  for (let left = await processOf(files); left; left = await processOf(files)) {
    if (Date.now() > deadline) signal(left.pid, 'SIGKILL')
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
