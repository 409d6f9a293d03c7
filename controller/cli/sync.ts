import type { Command } from 'commander'
import { shortRevision } from '../../schemas/revision.ts'
import type { SourceStatus } from '../../schemas/status.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { visible } from './format/paint.ts'
import { type Cli, type Output, outputOption } from './options/arguments.ts'
import { printDocument } from './print.ts'

/** Adds `setpoint sync` to the command line. */
export function registerSync(program: Command, { context, finish }: Cli): void {
  const command = program
    .command('sync')
    .summary('read every source now instead of at its next poll')
    .description('Reads every source now. Returns when each was read and what follows from it is under way.')
  outputOption(command)
    .addHelpText('after', '\nExit code: 0 every source was read · 1 one could not be · 2 error')
    .action(async (options: { output: Output }) => finish(await sync(context, options)))
}

export async function sync(context: Context, { output }: { output: Output }): Promise<number> {
  const document = await context.client().sync()
  const { sources } = document
  printDocument(context, document, { output, lines: () => sources.flatMap(sourceLines) })
  return sources.every(({ error }) => error === null) ? EXIT.yes : EXIT.no
}

function sourceLines({ name, branch, revision, error }: SourceStatus): string[] {
  const place = branch === '' ? name : `${name} (${branch})`
  if (!error) return [`${place} is at ${shortRevision(revision)}`]
  return [`${place}: ${visible(error.message)}`, ...(error.hint ? [`  ${visible(error.hint)}`] : [])]
}
