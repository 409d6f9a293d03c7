import type { Command } from 'commander'
import { shortRevision } from '../../schemas/revision.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { type Cli, type Output, outputOption } from './options/arguments.ts'
import { printDocument } from './print.ts'

/** Adds `setpoint rollback` to the command line. */
export function registerRollback(program: Command, { context, finish }: Cli): void {
  const command = program
    .command('rollback')
    .summary('take a stack back to a revision that was healthy')
    .description(
      'Takes a stack back, to REVISION (a prefix will do) or to the one before. A newer commit ends that.',
    )
    .argument('<stack>', 'as `setpoint status` shows it')
    .argument('[revision]', 'a healthy one of: setpoint history STACK')
  outputOption(command).action(
    async (stack: string, revision: string | undefined, options: { output: Output }) =>
      finish(await rollback(context, { stack, revision, ...options })),
  )
}

export async function rollback(
  context: Context,
  { stack, revision, output }: { stack: string; revision?: string | undefined; output: Output },
): Promise<number> {
  const document = await context.client().rollback(stack, revision)
  const asked = revision === undefined || document.to.startsWith(revision) ? '' : `, as in ${revision}`
  const lines = () => [
    `${stack} goes back to ${shortRevision(document.to)}${asked}, until a newer commit.`,
    `  see it through with: setpoint status ${stack}`,
  ]
  printDocument(context, document, { output, lines })
  return EXIT.yes
}
