import type { Command } from 'commander'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { driftView } from './format/drift-view.ts'
import { painter } from './format/paint.ts'
import { type Cli, type Output, outputOption } from './options/arguments.ts'
import { printDocument } from './print.ts'

/** Adds `setpoint drift` to the command line. */
export function registerDrift(program: Command, { context, finish }: Cli): void {
  const command = program
    .command('drift')
    .summary('what was changed by hand on the hosts')
    .description('Names every field of a running task that is not as it was set up.')
    .argument('[stack]', 'only this stack')
  outputOption(command)
    .addHelpText('after', '\nExit code: 0 nothing has drifted · 1 something has · 2 error')
    .action(async (stack: string | undefined, options: { output: Output }) =>
      finish(await drift(context, { stack, ...options })),
    )
}

export async function drift(
  context: Context,
  { stack, output }: { stack?: string | undefined; output: Output },
): Promise<number> {
  const document = await context.client().drift(stack)
  const lines = () => driftView(document.drift, painter(context.colour), context.now())
  printDocument(context, document, { output, lines })
  return document.drift.length === 0 ? EXIT.yes : EXIT.no
}
