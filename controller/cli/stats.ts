import { setTimeout as wait } from 'node:timers/promises'
import type { Command } from 'commander'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { painter } from './format/paint.ts'
import { statsView } from './format/stats-view.ts'
import { type Cli, type Output, outputOption } from './options/arguments.ts'
import { whenSignalled } from './terminal/signals.ts'

export interface StatsOptions {
  output: Output
  watch?: boolean
}

/** Milliseconds between two looks; a host tells what its tasks use at each heartbeat. */
const EVERY = 5_000

/** Adds `setpoint stats` to the command line. */
export function registerStats(program: Command, { context, finish }: Cli): void {
  const command = program
    .command('stats')
    .summary('what the tasks use: cores, memory, processes, network, disks')
    .description(
      'Shows what the running tasks use of their hosts, as the kernel counted it at the last heartbeat.',
    )
    .argument('[stack]', 'only this stack')
    .option('-w, --watch', 'show it again every five seconds, until Ctrl-C')
  outputOption(command)
    .addHelpText(
      'after',
      '\nExamples:\n  setpoint stats\n  setpoint stats shop --watch\n  setpoint stats --output json',
    )
    .action(async (stack: string | undefined, options: StatsOptions) =>
      finish(await stats(context, stack, options)),
    )
}

export async function stats(
  context: Context,
  stack: string | undefined,
  options: StatsOptions,
): Promise<number> {
  if (!options.watch) {
    await show(context, stack, options)
    return EXIT.yes
  }
  const { signal, release } = whenSignalled()
  try {
    while (!signal.aborted) {
      await show(context, stack, options)
      await wait(EVERY, undefined, { signal }).catch(() => {}) // Ctrl-C
    }
    return EXIT.yes
  } finally {
    release()
  }
}

/** Watched JSON is one document a line. */
async function show(
  context: Context,
  stack: string | undefined,
  { output, watch }: StatsOptions,
): Promise<void> {
  const document = await context.client().stats(stack)
  if (output === 'json') return context.out(JSON.stringify(document, null, watch ? 0 : 2))
  for (const line of statsView(document, painter(context.colour))) context.out(line)
  if (watch) context.out('')
}
