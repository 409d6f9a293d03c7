import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agentPaths } from '../../agent/paths.ts'
import type { StatusDocument } from '../../schemas/status.ts'
import { readStatus, untilStatus } from './host-api.ts'
import { type CommandResult, command, must } from './host-command.ts'
import { giveImages } from './host-images.ts'
import { type Marks, sweep, traces } from './host-leaks.ts'
import { type Answer, HOST_ADDRESS, makeNamespaces, type Namespaces } from './host-namespaces.ts'
import { givePackages } from './host-packages.ts'
import { type Files, makeRepository, type Repository } from './host-repository.ts'
import { type Supervised, supervise } from './host-up.ts'
import { ROOT } from './imports.ts'

export { TEST_IMAGE } from './host-images.ts'
export { HOST_ADDRESS } from './host-namespaces.ts'

export type Part = 'up' | 'redis' | 'controller' | 'agent'

export interface HostOptions {
  /** The first commit of the host's own repository. */
  files?: Files
  /** What `--source` is given; the host's own repository when absent. */
  sources?: string[]
  /** More arguments for `setpoint up`. */
  args?: string[]
  env?: NodeJS.ProcessEnv
  /** Debian packages that image specs may name: the host itself reaches no mirror. */
  packages?: string[]
  /** False: nothing is started yet. */
  start?: boolean
}

/** A machine of its own for one test: network, mounts, /run, state and image store; its processes are the real ones. */
export interface TestHost {
  /** Everything of the host is under this folder. */
  readonly folder: string
  readonly state: string
  /** A process that has the host's namespaces, and its files under /proc/<pid>/root. */
  readonly pid: number
  readonly repository: Repository
  commit(files: Files, message?: string): Promise<string>
  /** Starts `setpoint up` and resolves when it says that it is ready. */
  start(): Promise<void>
  /** Ends `setpoint up` with a signal and waits until it has gone. */
  stop(signal?: NodeJS.Signals): Promise<void>
  /** Runs the CLI on the host. `json` is its stdout parsed, if that is JSON. */
  setpoint(...args: string[]): Promise<CommandResult & { json: unknown }>
  status(): Promise<StatusDocument>
  /** Waits for a status, woken by each change; 30 s when no deadline (milliseconds) is given. */
  until(predicate: (status: StatusDocument) => boolean, deadline?: number): Promise<StatusDocument>
  /** Fetches a published port from outside the host. */
  http(port: number, path?: string): Promise<Answer>
  /** The same, tried again until an answer comes that `accept` takes; 10 s when no deadline is given. */
  untilHttp(port: number, accept?: (answer: Answer) => boolean, deadline?: number): Promise<Answer>
  pids(): Promise<Partial<Record<Part, number>>>
  /** Sends a signal, SIGKILL when none is given, and waits until the process has gone. */
  kill(part: Part, signal?: NodeJS.Signals): Promise<void>
  redis(...args: string[]): Promise<string>
  /** Runs any command on the host and gives its stdout. */
  run(...argv: string[]): Promise<string>
  /** The argv that runs a command on the host, and the environment for it. */
  enter(argv: string[]): string[]
  readonly env: NodeJS.ProcessEnv
  /** What `setpoint up` and its logs have said: for a failing test. */
  said(): Promise<string>
  /** What is there that was not before Setpoint ran: nothing after `setpoint down`. */
  left(): Promise<string[]>
  /** Takes it all down. Throws when Setpoint left something behind. */
  destroy(): Promise<void>
}

interface Machine {
  folder: string
  state: string
  marks: Marks
  namespaces: Namespaces
  env: NodeJS.ProcessEnv
  /** The argv of a CLI call on the host. */
  cli(args: string[]): string[]
  before: Set<string>
}

const PREFIX = 'spt-'

/** Makes a test host; needs root. Each must be destroyed, also after a failure. */
export async function startHost(options: HostOptions = {}): Promise<TestHost> {
  await sweepOrphans()
  const machine = await makeMachine(options)
  const repository = await makeRepository(join(machine.folder, 'repo'))
  if (options.files) await repository.commit(options.files, 'first')
  const sources = (options.sources ?? [repository.path]).flatMap((source) => ['--source', source])
  const runtime = process.env.TEST_RUNTIME
  const chosen = runtime === undefined ? [] : ['--runtime', runtime]
  const args = ['up', ...sources, '--state', machine.state, ...chosen, ...(options.args ?? [])]
  const host = makeHost(machine, repository, supervise(machine.cli(args), machine.env))
  if (options.start === false) return host
  return host.start().then(
    () => host,
    async (error) => {
      await host.destroy().catch(() => {}) // the first error is the one that matters
      throw error
    },
  )
}

async function makeMachine({ env = {}, packages = [] }: HostOptions): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`))
  const state = join(folder, 'state')
  const marks = { folder, instance: instanceOf(folder) }
  await mkdir(join(folder, 'home'))
  await giveImages({ conf: join(folder, 'containers'), graphRoot: join(folder, 'storage') })
  await givePackages(join(state, 'agent'), packages)
  const namespaces = await makeNamespaces(join(folder, 'containers'))
  return {
    folder,
    state,
    marks,
    namespaces,
    env: { ...cleanEnvironment(), HOME: join(folder, 'home'), SETPOINT_STATE: state, ...env },
    cli: (args) => namespaces.enter([process.execPath, join(ROOT, 'scripts', 'setpoint.mjs'), ...args]),
    before: await traces(namespaces, marks),
  }
}

function makeHost(machine: Machine, repository: Repository, up: Supervised): TestHost {
  const { folder, state, namespaces, env } = machine
  const socket = join(state, 'api.sock')
  const said = async () => `${up.output()}\n${await logs(state)}`
  const http = (port: number, path = '/') => namespaces.fetch(`http://${HOST_ADDRESS}:${port}${path}`)
  return {
    folder,
    state,
    pid: namespaces.pid,
    repository,
    commit: repository.commit,
    start: up.start,
    stop: up.stop,
    setpoint: async (...args) => {
      const result = await command(machine.cli(args), { env, timeout: 60_000 })
      return { ...result, json: parseJson(result.stdout) }
    },
    status: () => readStatus(socket),
    until: (predicate, deadline = 30_000) =>
      untilStatus(socket, predicate, deadline).catch(async (error) => {
        throw new Error(`${error.message}\n${await said()}`)
      }),
    http,
    untilHttp: (port, accept = () => true, deadline = 10_000) =>
      untilAnswer(() => http(port), accept, deadline),
    pids: () => pidsOf(state),
    kill: (part, signal = 'SIGKILL') => killPart(state, part, signal),
    redis: async (...args) =>
      (await must(['redis-cli', '-s', join(state, 'redis', 'redis.sock'), ...args])).trim(),
    run: (...argv) => must(namespaces.enter(argv), { env, timeout: 90_000 }),
    enter: namespaces.enter,
    env,
    said,
    left: () => leftOn(machine),
    destroy: () => destroy(machine, up),
  }
}

async function leftOn({ namespaces, marks, before }: Machine): Promise<string[]> {
  return [...(await traces(namespaces, marks))].filter((trace) => !before.has(trace))
}

/** Files in /run may be the test's own. */
function isSetpoints(trace: string): boolean {
  return !trace.startsWith('file /run/') || trace.startsWith('file /run/setpoint')
}

async function destroy(machine: Machine, up: Supervised) {
  const { folder, marks, namespaces, cli, env, state } = machine
  const failures: string[] = []
  await up.stop().catch((error) => failures.push(error.message))
  const down = await command(cli(['down', '--state', state, '--volumes']), { env, timeout: 60_000 })
  if (down.code !== 0) failures.push(`setpoint down failed (${down.code})\n${down.stdout}${down.stderr}`)
  const left = (await leftOn(machine)).filter(isSetpoints)
  if (left.length > 0) failures.push(`Setpoint left behind:\n${left.join('\n')}`)
  await sweep(marks, namespaces.pid)
  await namespaces.close()
  await rm(folder, { recursive: true, force: true })
  if (failures.length > 0) throw new Error(failures.join('\n'))
}

const PARTS: Part[] = ['up', 'redis', 'controller', 'agent']

/** The processes that the pid files name and that live. */
async function pidsOf(state: string): Promise<Partial<Record<Part, number>>> {
  const found = PARTS.map(async (part) => {
    const text = await readFile(join(state, 'pids', `${part}.pid`), 'utf8').catch(() => '{}')
    const { pid } = parseJson(text) as { pid?: number }
    return pid !== undefined && isAlive(pid) ? [[part, pid]] : []
  })
  return Object.fromEntries((await Promise.all(found)).flat())
}

async function killPart(state: string, part: Part, signal: NodeJS.Signals): Promise<void> {
  const pid = (await pidsOf(state))[part]
  if (pid === undefined) throw new Error(`no ${part} runs on this host`)
  process.kill(pid, signal)
  const end = Date.now() + 30_000
  while (isAlive(pid)) {
    if (Date.now() > end) throw new Error(`${part} still runs after ${signal}`)
    await new Promise((resolve) => setTimeout(resolve, 10)) // it is no child of ours: nobody tells us
  }
}

async function untilAnswer(
  fetch: () => Promise<Answer>,
  accept: (answer: Answer) => boolean,
  deadline: number,
) {
  const end = Date.now() + deadline
  let last = ''
  while (Date.now() < end) {
    const answer = await fetch().catch((error: Error) => error.message)
    if (typeof answer !== 'string' && accept(answer)) return answer
    last = typeof answer === 'string' ? answer : `${answer.status} ${answer.body}`
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`no such answer within ${deadline} ms; the last: ${last}`)
}

/** Clears up after test processes that were killed before they could. */
async function sweepOrphans(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
    if (owner === undefined || isAlive(Number(owner))) continue
    const folder = join(tmpdir(), name)
    await sweep({ folder, instance: instanceOf(folder) }, 0)
    await rm(folder, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The environment without settings that would lead to another Setpoint or another repository. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(SETPOINT|GIT|VITEST)_/.test(name)),
  )
}

async function logs(state: string): Promise<string> {
  const names = (await readdir(state, { recursive: true }).catch(() => [])).filter((name) =>
    name.endsWith('.log'),
  )
  const texts = names.map(async (name) => {
    const lines = (await readFile(join(state, name), 'utf8').catch(() => '')).trimEnd().split('\n')
    return `--- ${name}\n${lines.slice(-40).join('\n')}`
  })
  return (await Promise.all(texts)).join('\n')
}

/** What names the host's agent: `setpoint up` gives it this folder. */
function instanceOf(folder: string): string {
  return agentPaths(join(folder, 'state', 'agent')).instance
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
