import type { Command } from 'commander'
import { type ErrorCode, SetpointError } from '../../schemas/error.ts'
import { slotName } from '../../schemas/slot.ts'
import type { ProcessesDocument, StackProcessesDocument } from '../api/access.ts'
import type { Client } from './client/client.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { painter } from './format/paint.ts'
import { stackProcessesView, taskProcessesView } from './format/processes-view.ts'
import { type Cli, type Output, outputOption } from './options/arguments.ts'
import { printDocument } from './print.ts'

/** Adds `setpoint top` to the command line. */
export function registerTop(program: Command, { context, finish }: Cli): void {
  const command = program
    .command('top')
    .summary('the processes of a task, or of all tasks of a stack')
    .description('Shows the processes of tasks as their hosts see them; the images need no ps.')
    .argument(
      '<stack|task>',
      'STACK, STACK/SERVICE (its first running task), STACK/SERVICE.SLOT, or the id of a task',
    )
  outputOption(command)
    .addHelpText(
      'after',
      `
With --output json: {"taskId", "host", "processes": […]}; of a stack {"stack", "tasks": […], "missing": […]}.
Exit code: 0 · 1 some task of the stack could not be asked, as said on stderr · 2 error

Examples:
  setpoint top shop
  setpoint top shop/web
  setpoint top shop/web.2 --output json`,
    )
    .action(async (name: string, options: { output: Output }) => finish(await top(context, name, options)))
}

export async function top(context: Context, name: string, { output }: { output: Output }): Promise<number> {
  const client = context.client()
  const document = name.includes('/') ? await client.processes(name) : await ofStackOrTask(client, name)
  const [paint, now] = [painter(context.colour), context.now()]
  const lines = () =>
    'tasks' in document ? stackProcessesView(document, paint, now) : taskProcessesView(document, paint, now)
  printDocument(context, document, { output, lines })
  const missing = 'missing' in document ? document.missing : []
  for (const { service, slot, host, error } of missing) {
    context.err(
      `setpoint: ${slotName({ stack: name, service, slot })} on ${host} is missing: ${error.message}`,
    )
  }
  return missing.length === 0 ? EXIT.yes : EXIT.no
}

async function ofStackOrTask(
  client: Client,
  name: string,
): Promise<StackProcessesDocument | ProcessesDocument> {
  try {
    return await client.stackProcesses(name)
  } catch (noStack) {
    if (!isError(noStack, 'STACK_NOT_FOUND')) throw noStack
    return client.processes(name).catch((noTask) => {
      throw isError(noTask, 'TASK_NOT_FOUND') ? neither(name, noStack, noTask) : noTask
    })
  }
}

function isError(error: unknown, code: ErrorCode): error is SetpointError {
  return error instanceof SetpointError && error.code === code
}

/** A task may also be there and not run, or the name be that of several: what is said of it stands. */
function neither(name: string, noStack: SetpointError, noTask: SetpointError): SetpointError {
  const hints = [noStack.hint, noTask.hint].filter((hint) => hint !== undefined)
  return new SetpointError('TASK_NOT_FOUND', `There is no stack ${name}. ${noTask.message}`, {
    ...(hints.length > 0 && { hint: hints.join(' ') }),
  })
}
