import type { Command } from 'commander'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { historyView } from './format/history-view.ts'
import { painter } from './format/paint.ts'
import { type Cli, type Output, outputOption } from './options/arguments.ts'
import { printDocument } from './print.ts'

/** Adds `setpoint history` to the command line. */
export function registerHistory(program: Command, { context, finish }: Cli): void {
  const command = program
    .command('history')
    .summary('what became of each revision of a stack')
    .description('Shows what became of each revision of a stack, the newest first, and why one was given up.')
    .argument('<stack>', 'as `setpoint status` shows it')
  outputOption(command).action(async (stack: string, options: { output: Output }) =>
    finish(await history(context, { stack, ...options })),
  )
}

export async function history(
  context: Context,
  { stack, output }: { stack: string; output: Output },
): Promise<number> {
  const document = await context.client().history(stack)
  const lines = () => historyView(document, painter(context.colour), context.now())
  printDocument(context, document, { output, lines })
  return EXIT.yes
}
