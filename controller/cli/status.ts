import type { Command } from 'commander'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { painter } from './format/paint.ts'
import { statusView } from './format/status-view.ts'
import { type Cli, durationArgument, type Output, outputOption } from './options/arguments.ts'
import { printDocument } from './print.ts'
import { allReady } from './verdict.ts'
import { waitForReady } from './wait.ts'

export interface StatusOptions {
  stack?: string | undefined
  output: Output
  /** Milliseconds to wait until all is Ready. */
  wait?: number
}

/** Adds `setpoint status` to the command line. */
export function registerStatus(program: Command, { context, finish }: Cli): void {
  const command = program
    .command('status')
    .summary('what runs where, and whether it is as the repository says')
    .description('Shows stacks, services and hosts. With STACK also its tasks.')
    .argument('[stack]', 'only this stack')
    .option(
      '--wait <duration>',
      'read the sources now, then wait until all is Ready; ends early when a stack is Stalled or a commit cannot be used',
      durationArgument,
    )
  outputOption(command)
    .addHelpText(
      'after',
      `
Exit code: 0 all Ready · 1 not all Ready · 2 error

Examples:
  setpoint status
  setpoint status shop --wait 2m          in a pipeline, after git push
  setpoint status --output json | jq '.stacks[].outcome'`,
    )
    .action(async (stack: string | undefined, options: Omit<StatusOptions, 'stack'>) =>
      finish(await status(context, { stack, ...options })),
    )
}

/** Prints the status and tells by its exit code whether all is Ready. */
export async function status(context: Context, { stack, output, wait }: StatusOptions): Promise<number> {
  const client = context.client()
  const document =
    wait === undefined
      ? (await client.status(stack)).document
      : await waitForReady(client, { stack, patience: wait })
  const options = {
    paint: painter(context.colour),
    now: context.now(),
    tasks: stack !== undefined,
    full: !context.terminal,
  }
  printDocument(context, document, { output, lines: () => statusView(document, options) })
  return allReady(document, stack) ? EXIT.yes : EXIT.no
}
