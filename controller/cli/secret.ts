import type { Command } from 'commander'
import { SetpointError } from '../../schemas/error.ts'
import { sealTo } from '../../schemas/sealing/seal.ts'
import { MAX_SECRET_BYTES } from '../../schemas/sealing/secret.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { painter } from './format/paint.ts'
import { secretsView } from './format/secrets-view.ts'
import { type Cli, type Output, outputOption } from './options/arguments.ts'
import { printDocument } from './print.ts'
import { readStdin } from './project/read-stdin.ts'

/** Adds `setpoint secret` with `set`, `list` and `rm`. */
export function registerSecret(program: Command, { context, finish }: Cli): void {
  const command = program
    .command('secret')
    .summary('the secrets that stacks name with `external: true`')
    .description(
      'The secrets that stacks name with `external: true`. A new value replaces the tasks that use it.',
    )
  const set = command
    .command('set')
    .summary('give a secret its value')
    .description('Gives a secret its value, as it comes on standard input, with a line end if there is one.')
    .argument('<name>', 'as stacks name it')
    .addHelpText(
      'after',
      `
The value is sealed to the controller before it is sent, and is in no argument that others could see.

Examples:
  printf %s "$PASSWORD" | setpoint secret set db-password
  setpoint secret set tls-key < tls.key`,
    )
  outputOption(set).action(async (name: string, options: { output: Output }) =>
    finish(await setSecret(context, { name, value: await typedIn(process.stdin), ...options })),
  )
  const list = command
    .command('list')
    .summary('which are set, since when, and who uses them')
    .description(
      'Shows the secrets that are set, since when, and which services use them. No value is ever shown.',
    )
  outputOption(list).action(async (options: { output: Output }) =>
    finish(await listSecrets(context, options)),
  )
  const remove = command
    .command('rm')
    .summary('forget a secret that no stack uses')
    .description('Forgets a secret that no stack uses.')
    .argument('<name>', 'as `setpoint secret list` shows it')
  outputOption(remove).action(async (name: string, options: { output: Output }) =>
    finish(await removeSecret(context, { name, ...options })),
  )
}

interface SetOptions {
  name: string
  value: Buffer
  output: Output
}

export async function setSecret(context: Context, { name, value, output }: SetOptions): Promise<number> {
  if (value.length === 0) throw usage('Nothing came on standard input.')
  if (value.length > MAX_SECRET_BYTES) throw usage(`A secret has at most ${MAX_SECRET_BYTES} bytes.`)
  const client = context.client()
  const { recipient } = await client.version()
  const document = await client.setSecret(name, await sealTo([recipient], value))
  printDocument(context, document, { output, lines: () => [`${name} is set.`] })
  return EXIT.yes
}

async function listSecrets(context: Context, { output }: { output: Output }): Promise<number> {
  const document = await context.client().secrets()
  const lines = () => secretsView(document.secrets, painter(context.colour), context.now())
  printDocument(context, document, { output, lines })
  return EXIT.yes
}

export async function removeSecret(
  context: Context,
  { name, output }: { name: string; output: Output },
): Promise<number> {
  const document = await context.client().removeSecret(name)
  printDocument(context, document, { output, lines: () => [`${name} is forgotten.`] })
  return EXIT.yes
}

/** A terminal would show what is typed. */
async function typedIn(stdin: NodeJS.ReadStream): Promise<Buffer> {
  if (!stdin.isTTY) return readStdin(stdin)
  throw usage('The value comes on standard input, which is a terminal that would show it.')
}

function usage(message: string): SetpointError {
  return new SetpointError('USAGE', message, { hint: 'Pipe it: setpoint secret set NAME < FILE' })
}
