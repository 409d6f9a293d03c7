import { resolve } from 'node:path'
import type { Command } from 'commander'
import { SetpointError } from '../../schemas/error.ts'
import { LOG_LEVELS } from '../../schemas/log.ts'
import { type ControllerOptions, DEFAULT_RETRY_INTERVAL } from '../options.ts'
import type { Context } from './context.ts'
import { stateFolder } from './environment.ts'
import { EXIT } from './exit.ts'
import { type Cli, pauseOption, sourceOption } from './options/arguments.ts'
import { hostKeyOption } from './options/host-key-option.ts'
import { levelArgument } from './options/log-level.ts'
import {
  allowEmptyOption,
  credentialsOption,
  intervalOption,
  listenOption,
  type SharedFlags,
  stateOption,
} from './options/shared-options.ts'
import { readVariables, variablesOption } from './options/variables-files.ts'
import { nextSignal } from './terminal/signals.ts'

export interface ControllerFlags extends SharedFlags {
  redis?: string
  retryInterval: number
  hostKey: Record<string, string>
  hostsByHand?: boolean
  logFile?: string
}

/** Adds `setpoint controller` to the command line. */
export function registerController(program: Command, { context, finish }: Cli): void {
  program
    .command('controller')
    .summary('the controller alone, against a given Redis')
    .description('Runs the controller in the foreground until SIGTERM. The hosts run setpoint-agent.')
    .option('--redis <url>', 'redis://…, rediss://… or unix:///path/redis.sock (default: SETPOINT_REDIS)')
    .addOption(sourceOption())
    .addOption(stateOption())
    .addOption(listenOption())
    .addOption(intervalOption())
    .addOption(
      pauseOption('--retry-interval <duration>', 'time until a failed poll is repeated', [
        DEFAULT_RETRY_INTERVAL,
        '15s',
      ]),
    )
    .addOption(allowEmptyOption())
    .addOption(credentialsOption())
    .option(
      '--auth-file <file>',
      'credentials for image registries, as `skopeo login` writes them (default: <state>/auth.json)',
    )
    .addOption(variablesOption())
    .addOption(hostKeyOption())
    .option('--hosts-by-hand', 'pin no key that a host reports first: `setpoint hosts trust` does')
    .option('--log-level <level>', LOG_LEVELS.join(', '), levelArgument, 'info')
    .option('--log-file <file>', 'where JSON lines go (default: <state>/logs/controller.log)')
    .addHelpText(
      'after',
      `
Environment:
  SETPOINT_REDIS    the Redis, when there is no --redis: keeps a password out of ps
  SETPOINT_TOKEN    bearer token that the API asks for; without it the API listens on loopback only
  SETPOINT_SOURCES  sources, one a line, when there is no --source: keeps URLs that carry a password out of ps

Agents must be given <state>/controller/controller.pub, the key whose jobs they accept.`,
    )
    .action(async (flags: ControllerFlags) => finish(await controller(context, flags)))
}

/** Runs a controller until it is told to stop. */
export async function controller(context: Context, flags: ControllerFlags): Promise<number> {
  const stopped = nextSignal()
  const { runController } = await import('../main.ts')
  const running = await runController(await controllerOptions(flags, context.env))
  await stopped
  await running.close()
  return EXIT.yes
}

/** @throws SetpointError USAGE for a source that makes no sense */
async function controllerOptions(flags: ControllerFlags, env: NodeJS.ProcessEnv): Promise<ControllerOptions> {
  const { parseSource } = await import('../git/location/source-argument.ts')
  const { nameSources } = await import('../git/names.ts')
  const { interval, retryInterval, allowEmpty = false, credentialsFile } = flags
  const defaults = { interval, retryInterval, allowEmpty, ...(credentialsFile ? { credentialsFile } : {}) }
  const state = resolve(flags.state ?? stateFolder(env))
  const texts =
    flags.source.length > 0 ? flags.source : (env.SETPOINT_SOURCES ?? '').split('\n').filter(Boolean)
  const sources = texts.map((text) => parseSource(text, defaults))
  const variables = await readVariables(flags.variables ?? [], nameSources(sources))
  return {
    state,
    redis: redisOf(flags, env),
    listen: flags.listen,
    ...(env.SETPOINT_TOKEN ? { token: env.SETPOINT_TOKEN } : {}),
    authFile: resolve(flags.authFile ?? `${state}/auth.json`),
    sources: sources.map((source, at) => ({ ...source, variables: variables[at] ?? {} })),
    hostKeys: flags.hostKey,
    hostsByHand: flags.hostsByHand ?? false,
    logLevel: flags.logLevel,
    logFile: resolve(flags.logFile ?? `${state}/logs/controller.log`),
  }
}

function redisOf({ redis }: ControllerFlags, env: NodeJS.ProcessEnv): string {
  const url = redis ?? env.SETPOINT_REDIS
  if (url) return url
  throw new SetpointError('USAGE', 'The controller needs a Redis.', {
    hint: 'Give --redis URL, or set SETPOINT_REDIS when the URL has a password.',
  })
}
