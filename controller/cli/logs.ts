import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../../schemas/duration.ts'
import { SetpointError } from '../../schemas/error.ts'
import type { LogLine } from '../../schemas/session/request.ts'
import type { LogPiece } from '../../schemas/status.ts'
import { MAX_TAIL } from '../api/limits.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { followLogs } from './follow-logs.ts'
import { createLogsView } from './format/logs-view.ts'
import { type Cli, countArgument, type Output, outputOption } from './options/arguments.ts'
import { whenSignalled } from './terminal/signals.ts'

export interface LogsOptions {
  tail: number | 'all'
  follow?: boolean
  since?: string
  until?: string
  timestamps?: boolean
  /** False with --no-prefix. */
  prefix?: boolean
  output: Output
}

/** Adds `setpoint logs` to the command line. */
export function registerLogs(program: Command, { context, finish }: Cli): void {
  const command = program
    .command('logs')
    .summary('the log lines of a stack, a service or a task')
    .description('Shows what tasks wrote, on whichever hosts they are, in the order of time.')
    .argument('<stack[/service]>', 'STACK, STACK/SERVICE, STACK/SERVICE.SLOT or STACK/TASK-ID')
    .option(
      '-f, --follow',
      'go on with what is written, also by tasks that start later and over restarts of the controller',
    )
    .option(
      '-n, --tail <lines>',
      `lines of each task before now, up to ${MAX_TAIL}, or all`,
      tailArgument,
      100,
    )
    .option('--since <time>', 'only lines after that: 10m, or an ISO time', timeArgument(context))
    .option('--until <time>', 'only lines before that: 10m, or an ISO time', timeArgument(context))
    .option('-t, --timestamps', 'put the time before each line')
    .option('--no-prefix', 'without the name of the task')
  outputOption(command)
    .addHelpText(
      'after',
      `
With --output json: {"lines": […]}; with --follow one JSON object a line.
Exit code: 0 · 1 the lines of some host are missing, as said on stderr · 2 error

Examples:
  setpoint logs shop/web -f
  setpoint logs shop --since 10m -t
  setpoint logs shop/web.2 --tail all --no-prefix > web.log`,
    )
    .action(async (target: string, options: LogsOptions) => finish(await logs(context, target, options)))
}

/** Prints log lines; ends with `follow` when it is told to. */
export async function logs(context: Context, target: string, options: LogsOptions): Promise<number> {
  const { follow = false, since, until, tail } = options
  const stop = whenSignalled()
  const query = {
    ...parseTarget(target),
    follow,
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(tail !== 'all' && { tail }),
  }
  const items = follow ? followLogs(context, query, stop.signal) : context.client().logs(query, stop.signal)
  try {
    const code = await print(items, context, options)
    return stop.signal.aborted ? EXIT.yes : code // whoever ends it has seen what was missing then
  } catch (error) {
    if (stop.signal.aborted) return EXIT.yes
    throw error
  } finally {
    stop.release()
  }
}

async function print(
  items: AsyncGenerator<LogPiece>,
  context: Context,
  { follow, timestamps = false, prefix = true, output }: LogsOptions,
): Promise<number> {
  const view = createLogsView({ colour: context.colour, timestamps, prefix })
  const all: LogLine[] = []
  let code: number = EXIT.yes
  for await (const item of items) {
    if ('missing' in item) {
      code = EXIT.no
      context.err(
        `setpoint: the logs of host ${item.missing.host} are missing: ${item.missing.error.message}`,
      )
    } else if (output === 'table') for (const line of view(item.lines)) context.out(line)
    else if (follow) for (const line of item.lines) context.out(JSON.stringify(line))
    else all.push(...item.lines)
  }
  if (output === 'json' && !follow) context.out(JSON.stringify({ lines: all }, null, 2))
  return code
}

function parseTarget(text: string): { stack: string; target?: string } {
  const [stack, target, ...rest] = text.split('/')
  if (stack && target !== '' && rest.length === 0) return target === undefined ? { stack } : { stack, target }
  throw new SetpointError('USAGE', `"${text}" is neither STACK nor STACK/SERVICE.`, {
    hint: 'For example: `setpoint logs shop/web`.',
  })
}

function tailArgument(text: string): number | 'all' {
  return text === 'all' ? text : countArgument(MAX_TAIL)(text)
}

/** An ISO time, from one or from how long ago it was. */
export function timeArgument({ now }: Pick<Context, 'now'>): (text: string) => string {
  return (text) => {
    const ago = parseDuration(text)
    const at = ago === undefined ? Date.parse(text) : now().getTime() - ago
    if (Number.isNaN(at)) throw new InvalidArgumentError('Give how long ago, as in 10m, or an ISO time.')
    return new Date(at).toISOString()
  }
}
