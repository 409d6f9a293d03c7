import type { Command } from 'commander'
import { slotName } from '../../schemas/slot.ts'
import type { ForgottenHostDocument } from '../../schemas/status.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { type Cli, type Output, outputOption } from './options/arguments.ts'
import { printDocument } from './print.ts'

/** Adds `setpoint hosts rm` below `setpoint hosts`. */
export function registerHostsRemove(hosts: Command, { context, finish }: Cli): void {
  const command = hosts
    .command('rm')
    .summary('forget a host that is gone for good')
    .description(
      'Forgets HOST, which must not report any more: its tasks are placed on other hosts, and its key is trusted no more. What still runs on it runs on until somebody stops it there.',
    )
    .argument('<host>', 'as `setpoint hosts` shows it')
  outputOption(command)
    .addHelpText(
      'after',
      `
Volumes are on the host's own disk: tasks that are placed elsewhere start without what was in them. When the host
comes back it is a new one, and what was forgotten with it is removed there.

Examples:
  setpoint hosts rm beta`,
    )
    .action(async (host: string, { output }: { output: Output }) =>
      finish(await removeHost(context, host, output)),
    )
}

async function removeHost(context: Context, host: string, output: Output): Promise<number> {
  const document = await context.client().forgetHost(host)
  printDocument(context, document, { output, lines: () => forgottenView(document) })
  for (const { name, stack } of document.volumes) {
    context.err(`setpoint: the volume ${name} of ${stack} was on ${host}: what was in it does not move along`)
  }
  return EXIT.yes
}

function forgottenView({ host, tasks }: ForgottenHostDocument): string[] {
  const placed = tasks.length === 0 ? 'Nothing counted on it.' : 'Placed anew:'
  return [`${host} is forgotten. ${placed}`, ...tasks.map((task) => `  ${slotName(task)}`)]
}
