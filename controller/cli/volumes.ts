import type { Command } from 'commander'
import type { VolumesDocument } from '../../schemas/status.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { painter } from './format/paint.ts'
import { volumesView } from './format/volumes-view.ts'
import { type Cli, type Output, outputOption } from './options/arguments.ts'
import { printDocument } from './print.ts'
import { registerVolumesRemove } from './volumes-rm.ts'

export interface VolumesOptions {
  output: Output
  size?: boolean
  unused?: boolean
}

/** Adds `setpoint volumes` to the command line. */
export function registerVolumes(program: Command, cli: Cli): void {
  const { context, finish } = cli
  const command = program
    .command('volumes')
    .summary('the volumes of the hosts, and who uses them; `rm` removes them by name')
    .description(
      'Asks every host for its volumes. A volume stays when its stack is gone: `setpoint volumes rm` removes it.',
    )
    .argument('[stack]', 'only what this stack uses, declares or was the last to use')
    .option('--size', 'measure them, which reads every folder of each; a minute at most')
    .option('--unused', 'only those that no task uses and no stack declares where they are')
  outputOption(command)
    .addHelpText(
      'after',
      `
DECLARED is unknown while a source has not been read.
With --output json each has its path on the host, its labels, and the tasks that use it.
Exit code: 0 · 1 the volumes of some host are missing, as said on stderr · 2 error

Examples:
  setpoint volumes
  setpoint volumes shop --size
  setpoint volumes --unused --output json | jq -r '.volumes[].name'`,
    )
    .action(async (stack: string | undefined, options: VolumesOptions) =>
      finish(await volumes(context, stack, options)),
    )
  registerVolumesRemove(command, cli)
}

export async function volumes(
  context: Context,
  stack: string | undefined,
  { output, size = false, unused = false }: VolumesOptions,
): Promise<number> {
  const document = await context.client().volumes({ ...(stack !== undefined && { stack }), size, unused })
  const lines = () =>
    document.volumes.length === 0 ? [noneOf(stack, unused)] : viewOf(document, context, size)
  printDocument(context, document, { output, lines })
  for (const { host, error } of document.missing) {
    context.err(`setpoint: the volumes of host ${host} are missing: ${error.message}`)
  }
  return document.missing.length === 0 ? EXIT.yes : EXIT.no
}

function noneOf(stack: string | undefined, unused: boolean): string {
  const whose = stack === undefined ? 'No host has' : `Stack ${stack} has`
  const no = stack === undefined ? 'a' : 'no'
  return `${whose} ${no} volume${unused ? ' that could be removed' : ''}.`
}

function viewOf(document: VolumesDocument, { colour, now }: Context, size: boolean): string[] {
  const { volumes, unread = [] } = document // a controller of before does not tell
  return volumesView(volumes, { paint: painter(colour), now: now(), size, unread })
}
