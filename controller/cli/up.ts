import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { LOG_LEVELS } from '../../schemas/log.ts'
import type { Context } from './context.ts'
import { type Cli, sourceOption } from './options/arguments.ts'
import { levelArgument } from './options/log-level.ts'
import {
  allowEmptyOption,
  credentialsOption,
  intervalOption,
  listenOption,
  stateOption,
} from './options/shared-options.ts'
import { variablesOption } from './options/variables-files.ts'
import { type UpFlags, upOptions } from './up/options.ts'

/** Adds `setpoint up` to the command line. */
export function registerUp(program: Command, { context, finish }: Cli): void {
  program
    .command('up')
    .summary('run everything on this host: a private Redis, the controller and the agent')
    .description(
      'Runs Redis, controller and agent in the foreground. A signal stops the three; the containers stay.',
    )
    .addOption(sourceOption())
    .addOption(stateOption())
    .addOption(listenOption())
    .addOption(intervalOption())
    .option('--host <name>', 'what this host is called (default: as before, at first its hostname)')
    .addOption(allowEmptyOption())
    .addOption(credentialsOption())
    .addOption(variablesOption())
    .option(
      '--auth-file <file>',
      'credentials for image registries, as `buildah login` writes them (default: <state>/auth.json)',
      absolute,
    )
    .addOption(
      new Option('--runtime <name>', 'OCI runtime').choices(['auto', 'crun', 'runc']).default('auto'),
    )
    .option('--storage-root <dir>', 'containers-storage: where images are kept')
    .option('--storage-run <dir>', 'containers-storage: its folder that lasts until reboot')
    .option('--image-max-age <duration>', 'remove images that nothing has used for so long (default: 7d)')
    .option('--disk-high <percent>', 'remove unused images above this use of their disk (default: 85)')
    .option('--disk-low <percent>', 'until this use (default: 75)')
    .option('--log-level <level>', `level of the log files: ${LOG_LEVELS.join(', ')}`, levelArgument, 'info')
    .option('--verbose', 'write the logs to stderr too')
    .addHelpText(
      'after',
      `
Logs are JSON lines in <state>/logs. If up itself is killed (SIGKILL), the three run on; the next up replaces them.

Environment:
  SETPOINT_STATE  state folder
  SETPOINT_TOKEN  bearer token that the API asks for; without it the API listens on loopback only

Examples:
  setpoint up --source /srv/infra.git
  setpoint up --source https://git.example.org/infra.git#main:hosts/alpha --interval 30s
  setpoint up --source ./stacks --state ./state        a folder is watched: no commit needed`,
    )
    .action(async (flags: UpFlags) => finish(await up(context, flags)))
}

export async function up(context: Context, flags: UpFlags): Promise<number> {
  const [{ parseSource }, { runUp }] = await Promise.all([
    import('../git/location/source-argument.ts'),
    import('./up/run.ts'),
  ])
  for (const source of flags.source) parseSource(source)
  return runUp(context, upOptions(flags, context.env))
}

const absolute = (path: string) => resolve(path)
