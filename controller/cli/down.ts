import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Context } from './context.ts'
import { stateFolder } from './environment.ts'
import type { Cli } from './options/arguments.ts'
import { stateOption } from './options/shared-options.ts'

export interface DownFlags {
  state?: string
  volumes?: boolean
}

/** Adds `setpoint down` to the command line. */
export function registerDown(program: Command, { context, finish }: Cli): void {
  program
    .command('down')
    .summary('stop setpoint up and remove every task of its state folder')
    .description(
      'Stops setpoint up if it runs, then stops and removes every task. Volumes stay unless asked for.',
    )
    .addOption(stateOption())
    .option('--volumes', 'remove the volumes and what is in them, too')
    .addHelpText(
      'after',
      `
The next start makes the tasks anew. Only a stack that is stalled (\`setpoint status\`) stays without until a
commit changes it.`,
    )
    .action(async (flags: DownFlags) => finish(await down(context, flags)))
}

/** Takes down what runs from a state folder; when nothing does, says so. */
export async function down(context: Context, { state, volumes = false }: DownFlags): Promise<number> {
  const { runDown } = await import('./up/down.ts')
  return runDown(context, { state: resolve(state ?? stateFolder(context.env)), volumes })
}
