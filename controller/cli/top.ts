import type { Command } from 'commander'
import { formatDuration } from '../../schemas/duration.ts'
import type { ProcessesDocument } from '../api/access.ts'
import { type Cli, type Output, outputOption } from './arguments.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { type Paint, painter } from './format/paint.ts'
import { table } from './format/table.ts'
import { age, bytes } from './format/words.ts'

/** Adds `setpoint top` to the command line. */
export function registerTop(program: Command, { context, finish }: Cli): void {
  const command = program
    .command('top')
    .summary('the processes of a task')
    .description("Shows a task's processes as its host sees them; the image needs no ps.")
    .argument('<task>', 'STACK/SERVICE (its first running task), STACK/SERVICE.SLOT, or the id of a task')
  outputOption(command)
    .addHelpText('after', '\nExamples:\n  setpoint top shop/web\n  setpoint top shop/web.2 --output json')
    .action(async (task: string, options: { output: Output }) => finish(await top(context, task, options)))
}

export async function top(context: Context, task: string, { output }: { output: Output }): Promise<number> {
  const document = await context.client().processes(task)
  if (output === 'json') context.out(JSON.stringify(document, null, 2))
  else for (const line of topView(document, painter(context.colour), context.now())) context.out(line)
  return EXIT.yes
}

/** A table of processes, those that have used most CPU first. */
function topView({ processes }: ProcessesDocument, paint: Paint, now: Date): string[] {
  const rows = processes
    .toSorted((a, b) => b.cpu - a.cpu || a.pid - b.pid)
    .map((process) => [
      process.pid,
      process.innerPid ?? '',
      process.user,
      formatDuration(process.cpu * 1_000),
      bytes(process.memory),
      age(process.startedAt, now),
      process.argv.join(' '),
    ])
  return table(['PID', 'INSIDE', 'USER', 'CPU', 'MEMORY', 'AGE', 'COMMAND'], rows, paint)
}
