import type { Command } from 'commander'
import type { RemovedVolumesDocument } from '../../schemas/status.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { type Cli, type Output, outputOption } from './options/arguments.ts'
import { printDocument } from './print.ts'

interface RemoveOptions {
  host?: string
  output: Output
}

/** Adds `setpoint volumes rm` below `setpoint volumes`. */
export function registerVolumesRemove(volumes: Command, { context, finish }: Cli): void {
  const command = volumes
    .command('rm')
    .summary('remove volumes and what is in them')
    .description(
      'Removes volumes by name, with all that is in them; there is no way back. What a task uses or a stack declares is kept, and so is what Setpoint has not made. What is on the device or server of one with driver_opts stays.',
    )
    .argument('<name...>', 'as `setpoint volumes` shows them')
    .option('--host <host>', 'on this host; needed when several have a volume of that name')
  outputOption(command)
    .addHelpText(
      'after',
      `
None is removed when one of them is kept. One that is not there is no error.

Examples:
  setpoint volumes rm shop_cache
  setpoint volumes rm shop_data shop_cache --host alpha`,
    )
    .action(async (names: string[], options: RemoveOptions) =>
      finish(await removeVolumes(context, names, options)),
    )
}

export async function removeVolumes(
  context: Context,
  names: string[],
  { host, output }: RemoveOptions,
): Promise<number> {
  const document = await context.client().removeVolumes({ names, ...(host !== undefined && { host }) })
  printDocument(context, document, { output, lines: () => removedView(document, host) })
  return EXIT.yes
}

function removedView({ removed, absent }: RemovedVolumesDocument, asked: string | undefined): string[] {
  const where = asked === undefined ? 'on no host' : `not on ${asked}`
  return [
    ...removed.map(({ name, host }) => `${name} is removed from ${host}.`),
    ...absent.map((name) => `${name} is ${where}: nothing to remove.`),
  ]
}
