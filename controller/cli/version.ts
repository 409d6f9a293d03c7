import type { Command } from 'commander'
import { SetpointError } from '../../schemas/error.ts'
import { setpointVersion } from '../api/version.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { type Cli, type Output, outputOption } from './options/arguments.ts'
import { printDocument } from './print.ts'

/** Adds `setpoint version` to the command line. */
export function registerVersion(program: Command, { context, finish }: Cli): void {
  const command = program
    .command('version')
    .summary('the versions of this command and of the controller')
    .description(
      'Shows the versions of this command and of the controller, and where that one answers, if it does.',
    )
  outputOption(command).action(async (options: { output: Output }) => finish(await version(context, options)))
}

/** Prints both versions; that no controller answers is told, not an error. */
export async function version(context: Context, { output }: { output: Output }): Promise<number> {
  const here = { version: setpointVersion(), node: process.version }
  const controller = await context
    .client()
    .version()
    .catch((error: unknown) => {
      if (error instanceof SetpointError) return error
      throw error
    })
  const reached = controller instanceof SetpointError ? null : controller
  const words =
    controller instanceof SetpointError
      ? controller.message
      : `${controller.version} at ${controller.address}`
  const lines = () => [
    `setpoint    ${here.version} (Node ${here.node})`,
    `controller  ${words}`,
    ...(reached ? [`its key     ${reached.recipient}`] : []),
  ]
  printDocument(context, { cli: here, controller: reached }, { output, lines })
  return EXIT.yes
}
