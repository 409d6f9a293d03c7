import type { Command } from 'commander'
import { SetpointError } from '../../schemas/error.ts'
import { MAX_TAIL } from '../api/limits.ts'
import { type Cli, countArgument, type Output, outputOption } from './arguments.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { logsView, taskNames } from './format/logs-view.ts'

export interface LogsOptions {
  tail: number
  timestamps?: boolean
  output: Output
}

/** Adds `setpoint logs` to the command line. */
export function registerLogs(program: Command, { context, finish }: Cli): void {
  const command = program
    .command('logs')
    .summary('the last log lines of a service')
    .description('Shows the last lines that the tasks of a service wrote, in the order of their time.')
    .argument('<stack/service>')
    .option('--tail <lines>', 'lines of each task', countArgument(MAX_TAIL), 100)
    .option('-t, --timestamps', 'put the time before each line')
  outputOption(command)
    .addHelpText('after', '\nExamples:\n  setpoint logs shop/web\n  setpoint logs shop/web --tail 20 -t')
    .action(async (service: string, options: LogsOptions) => finish(await logs(context, service, options)))
}

export async function logs(context: Context, target: string, options: LogsOptions): Promise<number> {
  const { stack, service } = parseTarget(target)
  const client = context.client()
  const document = await client.logs(stack, service, options.tail)
  if (options.output === 'json') {
    context.out(JSON.stringify(document, null, 2))
    return EXIT.yes
  }
  const names = taskNames((await client.status(stack)).document)
  const view = { names, colour: context.colour, timestamps: options.timestamps === true }
  for (const line of logsView(document.lines, view)) context.out(line)
  return EXIT.yes
}

function parseTarget(target: string): { stack: string; service: string } {
  const [stack, service, ...rest] = target.split('/')
  if (!stack || !service || rest.length > 0) {
    throw new SetpointError('USAGE', `"${target}" is not STACK/SERVICE.`, {
      hint: 'For example: `setpoint logs shop/web`.',
    })
  }
  return { stack, service }
}
