import { type Command, InvalidArgumentError, Option } from 'commander'
import { SetpointError } from '../../schemas/error.ts'
import { FRAME, type Frame, jsonFrame, jsonOf } from '../../schemas/session/frames.ts'
import type { ExecRequest } from '../../schemas/session/request.ts'
import type { Live } from './client/live.ts'
import type { Context } from './context.ts'
import { reportError } from './exit.ts'
import { type Cli, collect } from './options/arguments.ts'
import { openTerminal, type Terminal } from './terminal/terminal.ts'

export interface ExecOptions {
  /** True: always; false: never; undefined: when both ends of the command line are a terminal. */
  tty?: boolean
  /** False: standard input is not read. */
  stdin: boolean
  user?: string
  workdir?: string
  env: string[]
}

/** When Setpoint itself fails, as with `docker exec`: what the command gives is below. */
const FAILED = 125
/** The exit code of a process that SIGPIPE has ended: nobody reads the output any more (`| head`). */
const UNREAD = 141

/** Adds `setpoint exec` to the command line. */
export function registerExec(program: Command, { context, finish }: Cli): void {
  program
    .command('exec')
    .summary('run a command in a running task')
    .description(
      'Runs a command in the container of a task, with its user, environment, limits and confinement.',
    )
    .argument('<task>', 'STACK/SERVICE (its first running task), STACK/SERVICE.SLOT, or the id of a task')
    .argument('<command...>', 'the command and its arguments, after --')
    .option('-t, --tty', 'with a terminal (default: when this is run in one)')
    .option('-T, --no-tty', 'without a terminal')
    .addOption(new Option('-i, --interactive', 'as with `docker exec`; input is always open').hideHelp())
    .option('--no-stdin', 'leave standard input alone, as in a loop that reads from it')
    .option('-u, --user <user[:group]>', 'as somebody else, by name or number')
    .option('-w, --workdir <dir>', 'in another folder')
    .addOption(
      new Option('-e, --env <name=value>', 'another variable; NAME alone takes it from here; may be repeated')
        .argParser(variable)
        .default([], 'none'),
    )
    .showHelpAfterError('  what is for the command comes after --, as in: exec shop/web -- ls -l')
    .addHelpText(
      'after',
      `
Exit code: that of the command (128 + n when signal n ended it) · 125 Setpoint failed ·
126 the command cannot be run · 127 there is no such command

When this command line ends, the command gets SIGHUP, and five seconds later SIGKILL.

Examples:
  setpoint exec shop/web -- sh
  setpoint exec shop/db -- pg_dump shop > shop.sql
  setpoint exec shop/db -T -- psql < fix.sql`,
    )
    .action(async (task: string, argv: string[], options: ExecOptions) =>
      finish(await execOrFail(context, { task, argv, options })),
    )
}

interface ExecCall {
  task: string
  argv: string[]
  options: ExecOptions
}

async function execOrFail(context: Context, call: ExecCall): Promise<number> {
  try {
    return await exec(context, call)
  } catch (error) {
    reportError(error, context)
    return FAILED
  }
}

/** Runs a command and gives its exit code. @throws SetpointError */
export async function exec(context: Context, { task, argv, options }: ExecCall): Promise<number> {
  const tty = options.tty ?? (process.stdin.isTTY === true && process.stdout.isTTY === true && options.stdin)
  const request: ExecRequest = {
    kind: 'exec',
    taskId: task,
    argv,
    tty,
    environment: options.env,
    ...(tty && { columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 }),
    ...(options.user !== undefined && { user: options.user }),
    ...(options.workdir !== undefined && { workingDir: options.workdir }),
  }
  const live = await context.client().live(task, request)
  const terminal = openTerminal({ raw: tty })
  let unread = false
  process.stdout.once('error', () => {
    unread = true
    live.close()
  })
  try {
    const sending = options.stdin
      ? sendInput(live, terminal)
      : live.send({ type: FRAME.inputEnd, payload: Buffer.alloc(0) })
    sending.catch(() => {}) // the session is over, and its other direction tells why
    if (tty) terminal.onResize((size) => void live.send(jsonFrame(FRAME.resize, size)).catch(() => {}))
    return await received(live.frames(), terminal).catch((error) => {
      if (unread) return UNREAD
      throw error
    })
  } finally {
    terminal.close()
    live.close()
  }
}

async function sendInput(live: Live, terminal: Terminal): Promise<void> {
  for await (const payload of terminal.input()) await live.send({ type: FRAME.input, payload })
  await live.send({ type: FRAME.inputEnd, payload: Buffer.alloc(0) })
}

async function received(frames: AsyncGenerator<Frame>, terminal: Terminal): Promise<number> {
  let exitCode: number | undefined
  for await (const frame of frames) {
    if (frame.type === FRAME.output) await terminal.write(process.stdout, frame.payload)
    else if (frame.type === FRAME.errors) await terminal.write(process.stderr, frame.payload)
    else if (frame.type === FRAME.exit) exitCode = (jsonOf(frame) as { exitCode: number }).exitCode
  }
  if (exitCode !== undefined) return exitCode
  throw new SetpointError('SESSION_LOST', 'The session ended without the exit code of the command.')
}

function variable(text: string, previous: string[]): string[] {
  if (text.includes('=')) return collect(text, previous)
  const value = process.env[text]
  if (value === undefined)
    throw new InvalidArgumentError(`There is no variable ${text} here; write ${text}=VALUE.`)
  return collect(`${text}=${value}`, previous)
}
