import type { Command } from 'commander'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { hostsView } from './format/hosts-view.ts'
import { painter } from './format/paint.ts'
import { registerHostsRemove } from './hosts-rm.ts'
import { registerTrust } from './hosts-trust.ts'
import { type Cli, type Output, outputOption } from './options/arguments.ts'
import { printDocument } from './print.ts'

/** Adds `setpoint hosts` to the command line. */
export function registerHosts(program: Command, cli: Cli): void {
  const { context, finish } = cli
  const command = program
    .command('hosts')
    .summary('the hosts with an agent, and when each was last seen')
    .description('Shows the hosts that have reported, their labels, cores and memory, and the key of each.')
  outputOption(command)
    .addHelpText('after', '\nExit code: 0 every host is ready · 1 one is not · 2 error')
    .action(async (options: { output: Output }) => finish(await hosts(context, options)))
  registerHostsRemove(command, cli)
  registerTrust(command, cli)
}

export async function hosts(context: Context, { output }: { output: Output }): Promise<number> {
  const { document } = await context.client().status()
  const { hosts } = document
  const lines = () => hostsView(hosts, painter(context.colour), context.now())
  printDocument(context, { hosts }, { output, lines })
  return hosts.every(({ state }) => state === 'ready') ? EXIT.yes : EXIT.no
}
