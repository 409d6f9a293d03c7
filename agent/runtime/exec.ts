import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { environmentForTools } from '../../schemas/common/environment.ts'
import { SetpointError } from '../../schemas/error.ts'

/** A command line. Never a string: nothing here goes through a shell. */
export type Argv = [command: string, ...args: string[]]

export interface Result {
  /** 128 + n when signal n ended it, as a shell would say. */
  exitCode: number
  stdout: string
  stderr: string
  timedOut: boolean
}

export interface RunOptions {
  /** Written to stdin, which is otherwise empty. */
  input?: string
  /** Milliseconds until it is killed. Every command has a deadline; this is the default. */
  timeout?: number
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** Bytes of each of stdout and stderr that are kept. */
  maxOutput?: number
  /** Called when the time is up, to end what the command itself has started elsewhere; the command is killed after. */
  onTimeout?: () => Promise<void>
  /** Called with the process once it is started: to look at it while it runs, or to end it early. */
  watch?: (child: ChildProcess) => void
}

/** Milliseconds that a command may take, and bytes that it may write, unless told otherwise. */
const DEFAULT_TIMEOUT = 60_000
const DEFAULT_MAX_OUTPUT = 16 * 1024 * 1024
/** What `onTimeout` may take. */
const LAST_ACT = 2_000
/** The Debian and Ubuntu packages of what the agent drives. */
const PACKAGES: Record<string, string> = {
  buildah: 'buildah',
  conmon: 'conmon',
  conntrack: 'conntrack',
  cp: 'coreutils',
  crun: 'crun',
  dnsmasq: 'dnsmasq-base',
  du: 'coreutils',
  find: 'findutils',
  ip: 'iproute2',
  mount: 'mount',
  mkfifo: 'coreutils',
  nft: 'nftables',
  nsenter: 'util-linux',
  readlink: 'coreutils',
  realpath: 'coreutils',
  rm: 'coreutils',
  runc: 'runc',
  skopeo: 'skopeo',
  sync: 'coreutils',
  socat: 'socat',
  umount: 'mount',
  unshare: 'util-linux',
}
const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGKILL: 9,
  SIGTERM: 15,
}

/** A command that ended with another exit code than 0. */
export class CommandError extends Error {
  readonly argv: Argv
  readonly result: Result

  constructor(argv: Argv, result: Result) {
    const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-3).join(' ')
    super(`${argv[0]} ${result.timedOut ? 'did not finish in time' : `failed (${result.exitCode})`}: ${said}`)
    this.name = 'CommandError'
    this.argv = argv
    this.result = result
  }
}

/**
 * Runs a command and gives its output, whatever its exit code. A command that has ended but whose output is held open
 * by something that it left behind is waited for until the time is up, and has not timed out.
 * @throws SetpointError RUNTIME_MISSING when there is no such command
 */
export function run(argv: Argv, options: RunOptions = {}): Promise<Result> {
  const max = options.maxOutput ?? DEFAULT_MAX_OUTPUT
  return new Promise((resolve, reject) => {
    const child = start(argv, {
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...(options.env && { env: options.env }),
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    })
    const stdout = collect(child.stdout, max)
    const stderr = collect(child.stderr, max)
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = !hasEnded(child)
      void end(child, timedOut ? options.onTimeout : undefined)
    }, options.timeout ?? DEFAULT_TIMEOUT)
    child.once('error', (error) => {
      clearTimeout(timer)
      reject(notStarted(argv, error))
    })
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      const exitCode = code ?? 128 + ((signal && SIGNAL_NUMBERS[signal]) ?? 0)
      resolve({ exitCode, stdout: stdout(), stderr: stderr(), timedOut })
    })
    options.watch?.(child)
    child.stdin?.on('error', () => {}) // a command that does not read its input is judged by its exit code
    child.stdin?.end(options.input)
  })
}

/**
 * Runs a command and gives its stdout.
 * @throws CommandError when it ends with another code than 0
 */
export async function succeed(argv: Argv, options: RunOptions = {}): Promise<string> {
  const result = await run(argv, options)
  if (result.exitCode !== 0 || result.timedOut) throw new CommandError(argv, result)
  return result.stdout
}

/** Starts a command and hands out the process: for what lives longer than a call. The agent's only spawn. */
export function start(
  argv: Argv,
  options: { stdio: StdioOptions; env?: NodeJS.ProcessEnv; cwd?: string; detached?: boolean },
): ChildProcess {
  const [command, ...args] = argv
  return spawn(command, args, { shell: false, env: plainEnvironment(), ...options })
}

/**
 * Resolves once a process that was started is there; before that it may have no streams.
 * @throws SetpointError RUNTIME_MISSING when there is no such command; why it could not be started otherwise
 */
export function spawned(child: ChildProcess, argv: Argv): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error) => reject(notStarted(argv, error)))
  })
}

let environment: NodeJS.ProcessEnv | undefined

/** Kept: each look at the own environment costs a quarter of a spawn. */
function plainEnvironment(): NodeJS.ProcessEnv {
  environment ??= environmentForTools(process.env)
  return environment
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

/** Ends a command for good: nothing that still holds its output keeps `close` from coming. */
async function end(child: ChildProcess, onTimeout: RunOptions['onTimeout']): Promise<void> {
  await Promise.race([onTimeout?.().catch(() => {}), deadline(LAST_ACT)])
  child.kill('SIGKILL')
  child.stdout?.destroy()
  child.stderr?.destroy()
}

function deadline(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref()
  })
}

/** What it means that a command could not be started. */
export function notStarted([command]: Argv, cause: NodeJS.ErrnoException): Error {
  if (cause.code !== 'ENOENT') return cause
  const name = PACKAGES[command]
  return new SetpointError('RUNTIME_MISSING', `${command} is not installed on this host.`, {
    hint: name === undefined ? `Install ${command}.` : `Install it: \`apt-get install -y ${name}\`.`,
    cause,
  })
}

function collect(stream: NodeJS.ReadableStream | null, max: number): () => string {
  const chunks: Buffer[] = []
  let size = 0
  stream?.on('data', (chunk: Buffer) => {
    if (size < max) chunks.push(chunk.subarray(0, max - size))
    size += chunk.length
  })
  return () => Buffer.concat(chunks).toString('utf8')
}
