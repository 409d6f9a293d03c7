import type { Command } from 'commander'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { type Cli, type Output, outputOption } from './options/arguments.ts'
import { printDocument } from './print.ts'

/** Adds `setpoint hosts trust` below `setpoint hosts`. */
export function registerTrust(hosts: Command, { context, finish }: Cli): void {
  const command = hosts
    .command('trust')
    .summary('take the key that a host reports for its own')
    .description(
      'Seals to HOST again after its key has changed, as when its agent was set up anew. With RECIPIENT only if that is the key that it reports: compare it with host.pub in the state folder of the agent.',
    )
    .argument('<host>', 'as `setpoint hosts` shows it')
    .argument('[recipient]', 'age1…, the key that you have compared')
  outputOption(command).action(
    async (host: string, recipient: string | undefined, options: { output: Output }) =>
      finish(await trust(context, { host, recipient, ...options })),
  )
}

export async function trust(
  context: Context,
  { host, recipient, output }: { host: string; recipient?: string | undefined; output: Output },
): Promise<number> {
  const document = await context.client().trust(host, recipient)
  const lines = () => [`${host} is trusted with the key ${document.recipient}.`]
  printDocument(context, document, { output, lines })
  return EXIT.yes
}
