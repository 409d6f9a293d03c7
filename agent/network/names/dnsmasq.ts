import { readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SetpointError } from '../../../schemas/error.ts'
import { absent } from '../../disk.ts'
import { argvOfProcess } from '../../processes.ts'
import { type Argv, type Result, run } from '../../runtime/exec.ts'
import { signal } from '../../signals.ts'
import { within } from '../within.ts'
import type { NameServer } from './name-servers.ts'

/** The files of one dnsmasq. */
export interface Files {
  pid: string
  hosts: string
  /** Read anew at SIGHUP, as the hosts file is. */
  zones: string
  /** What the server says of itself. The host's journal would get some lines with each change of names. */
  log: string
}

export function filesOf(folder: string, key: string): Files {
  const file = (kind: string): string => join(folder, `${key}.${kind}`)
  return { pid: file('pid'), hosts: file('hosts'), zones: file('zones'), log: file('log') }
}

interface Running {
  pid: number
  argv: string[]
}

interface StartOptions {
  files: Files
  /** Put before the command; empty in production. */
  prefix: string[]
  /** True where dnsmasq's own user could not read its files. */
  asRoot: boolean
}

/** Bytes of a server's log above which it begins anew. */
const LOG_CAP = 64 * 1024
const STOP_DEADLINE = 3_000

/**
 * Starts a server, unless one runs that was started in the same way.
 * @throws SetpointError NETWORK_FAILED
 */
export async function startDnsmasq(
  server: NameServer,
  { files, prefix, asRoot }: StartOptions,
): Promise<void> {
  const argv = dnsmasqArgv(server, files, asRoot)
  const running = await processOf(files)
  if (running && isSame(running.argv, argv)) return capLog(files.log)
  if (running) await endDnsmasq(files) // of an agent that started them otherwise
  for (const file of [files.hosts, files.zones]) await writeFile(file, '', { flag: 'a', mode: 0o644 })
  const { exitCode, stderr, stdout } = await runPatiently(within(prefix, argv))
  if (exitCode === 0) return
  throw new SetpointError('NETWORK_FAILED', `The name server did not start: ${(stderr || stdout).trim()}`, {
    hint: `See what holds port 53 of ${server.address} or of every address on the host.`,
  })
}

/** Makes a server read its files again, if it runs. */
export async function reloadDnsmasq(files: Files): Promise<void> {
  const running = await processOf(files)
  if (running) signal(running.pid, 'SIGHUP')
}

/** Resolves once the server has ended. Its files stay, but for that with its pid, which it removes before it ends. */
export async function endDnsmasq(files: Files): Promise<void> {
  const running = await processOf(files)
  if (!running) return
  signal(running.pid, 'SIGTERM')
  const deadline = Date.now() + STOP_DEADLINE
  while (isSame(argvOfProcess(running.pid), running.argv)) {
    if (Date.now() > deadline) signal(running.pid, 'SIGKILL')
    await sleep(10)
  }
}

/** Takes the files away of a server that has ended. */
export async function removeFiles(files: Files): Promise<void> {
  await Promise.all(Object.values(files).map((file) => rm(file, { force: true })))
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

/** dnsmasq appends to what is left of the file. */
async function capLog(file: string): Promise<void> {
  const log = await stat(file).catch(absent)
  if (log && log.size > LOG_CAP) await truncate(file)
}

function isSame(a: string[] | undefined, b: string[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** The dnsmasq that serves this hosts file, if it lives. */
async function processOf({ pid, hosts }: Files): Promise<Running | undefined> {
  try {
    const number = Number((await readFile(pid, 'utf8')).trim())
    if (!Number.isInteger(number) || number <= 0) return undefined
    const argv = argvOfProcess(number) // empty or none once the process has ended
    return argv?.includes(`--addn-hosts=${hosts}`) ? { pid: number, argv } : undefined
  } catch {
    return undefined // no pid file
  }
}
