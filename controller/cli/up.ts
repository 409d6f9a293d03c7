import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { SetpointError } from '../../schemas/error.ts'
import { LOG_LEVELS } from '../../schemas/log.ts'
import { HOST_NAME } from '../../schemas/wire.ts'
import { DEFAULT_INTERVAL, DEFAULT_LISTEN } from '../options.ts'
import { type Cli, durationOption, sourceOption } from './arguments.ts'
import type { Context } from './context.ts'
import { stateFolder } from './environment.ts'
import { levelArgument } from './log-level.ts'
import { layoutOf } from './up/layout.ts'
import type { UpOptions } from './up/services.ts'
import type { Runtime } from './up/tools.ts'
import { variablesOption } from './variables-files.ts'

export interface UpFlags {
  source: string[]
  state?: string
  listen: string
  interval: number
  host?: string
  logLevel: string
  runtime: Runtime
  allowEmpty?: boolean
  verbose?: boolean
  storageRoot?: string
  storageRun?: string
  credentialsFile?: string
  variables?: string[]
  authFile?: string
  imageMaxAge?: string
  diskHigh?: string
  diskLow?: string
}

/** Adds `setpoint up` to the command line. */
export function registerUp(program: Command, { context, finish }: Cli): void {
  program
    .command('up')
    .summary('run everything on this host: a private Redis, the controller and the agent')
    .description(
      'Runs Redis, controller and agent in the foreground. A signal stops the three; the containers stay.',
    )
    .addOption(sourceOption())
    .option('--state <dir>', 'state folder (default: SETPOINT_STATE or /var/lib/setpoint)')
    .option('--listen <host:port>', 'where the API listens', DEFAULT_LISTEN)
    .addOption(
      durationOption('--interval <duration>', 'time between two polls of a source', [DEFAULT_INTERVAL, '1m']),
    )
    .option('--host <name>', 'what this host is called (default: as before, at first its hostname)')
    .option('--allow-empty', 'accept a commit that removes every stack')
    .option('--credentials-file <file>', 'credentials for https sources, in the form of git-credential-store')
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
    .option('--image-max-age <time>', 'remove images that nothing has used for so long (default: 7d)')
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
    import('../git/source-argument.ts'),
    import('./up/run.ts'),
  ])
  for (const source of flags.source) parseSource(source)
  return runUp(context, upOptions(flags, context.env))
}

const absolute = (path: string) => resolve(path)

/** @throws SetpointError USAGE when the host's name cannot stand in a queue's name */
export function upOptions(flags: UpFlags, env: NodeJS.ProcessEnv): UpOptions {
  const folder = resolve(flags.state ?? stateFolder(env))
  const { source, state: _, host, allowEmpty = false, verbose = false, ...rest } = flags
  return {
    ...rest,
    sources: source,
    state: folder,
    host: host === undefined ? (pinnedHost(folder) ?? hostNameFrom(hostname())) : checkHostName(host),
    allowEmpty,
    verbose,
  }
}

/** What the agent of this state folder was called at its first start: a machine that is renamed keeps its tasks. */
function pinnedHost(state: string): string | undefined {
  try {
    const name = readFileSync(join(layoutOf(state).agentState, 'host'), 'utf8').trim()
    return HOST_NAME.test(name) ? name : undefined
  } catch {
    return undefined // the first start
  }
}

/** A hostname in the form that Setpoint's names have. */
export function hostNameFrom(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .slice(0, 63)
    .replace(/^[.-]+|[.-]+$/g, '')
  return plain === '' ? 'localhost' : plain
}

function checkHostName(name: string): string {
  if (HOST_NAME.test(name)) return name
  throw new SetpointError('USAGE', `"${name}" cannot be a host's name.`, {
    hint: 'Lower-case letters, digits, dots and dashes, at most 63 of them.',
  })
}
