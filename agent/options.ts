import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { DEFAULT_STATE } from '../schemas/defaults.ts'
import { parseDuration } from '../schemas/duration.ts'
import { SetpointError } from '../schemas/error.ts'
import { LOG_LEVELS } from '../schemas/log.ts'
import { HOST_NAME, redisOptions } from '../schemas/wire.ts'
import { HOUSEKEEPING, type Housekeeping } from './image/cleanup/housekeeping.ts'

/** What a person asked of the agent, complete. */
export interface AgentOptions {
  /** Undefined only with `down`. */
  redis: string | undefined
  /** Absolute path. */
  state: string
  run: string | undefined
  /** Undefined: as at the first start, else the machine's name. */
  host: string | undefined
  labels: Record<string, string>
  controllerKey: string | undefined
  storageRoot: string | undefined
  storageRun: string | undefined
  authFile: string | undefined
  /** When images that nothing uses are removed. */
  housekeeping: Housekeeping
  runtime: 'auto' | 'crun' | 'runc'
  logLevel: string
  /** Undefined: stderr. */
  logFile: string | undefined
  down: boolean
  /** With `down`: the volumes are removed, too. */
  volumes: boolean
}

export const HELP = `Usage: setpoint-agent --redis URL [options]
       setpoint-agent --down [--volumes] [--state DIR]

Runs the tasks of this host as the controller asks, and goes on running them when
controller, Redis or Git are away. Foreground; SIGTERM stops the agent and leaves
the containers running, and its next start takes them up again.

Options:
  --redis URL            redis://…, rediss://… or unix:///path/redis.sock
                         (default: SETPOINT_REDIS)
  --controller-key FILE  the controller's public key; pinned at the first start
  --state DIR            state folder (default: SETPOINT_STATE or
                         /var/lib/setpoint, and in it agent)
  --run DIR              what lasts until a reboot (default: /run/setpoint/…)
  --host NAME            this host's name (default: the one that it had at its first
                         start, and then the machine's)
  --label KEY=VALUE      a label of this host; may be repeated
  --runtime NAME         auto, crun or runc (default: auto)
  --storage-root DIR     containers-storage (default: its own configuration)
  --storage-run DIR      run folder of containers-storage
  --auth-file FILE       credentials for registries, read for each pull (default:
                         auth.json in the state folder)
  --image-max-age DURATION
                         images that nothing has used for so long are removed
                         (default: 7d)
  --disk-high PERCENT    above this use of the disk that images are on, those that
                         nothing uses are removed, the oldest first (default: 85)
  --disk-low PERCENT     until this use (default: 75)
  --log-level LEVEL      ${LOG_LEVELS.join(', ')}
                         (default: info)
  --log-file FILE        where the log goes, as JSON lines (default: stderr)
  --down                 remove every task of the state folder, and end
  --volumes              with --down: remove the volumes and what is in them, too
  --version              print the version
  -h, --help             print this

Exit codes: 0 stopped as asked · 1 failed · 2 the command line is wrong
`

/**
 * Reads the command line. `help` and `version` come back as such.
 * @throws SetpointError USAGE
 */
export function parseOptions(argv: string[], env: NodeJS.ProcessEnv): AgentOptions | 'help' | 'version' {
  const values = parse(argv)
  if (values.help) return 'help'
  if (values.version) return 'version'
  const redis = values.redis ?? env.SETPOINT_REDIS
  if (redis !== undefined) redisOptions(redis)
  else if (!values.down) throw usage('--redis is missing.')
  if (values.volumes && !values.down) throw usage('--volumes goes only with --down.')
  return {
    redis,
    state: values.state === undefined ? defaultState(env) : resolve(values.state),
    run: values.run === undefined ? undefined : resolve(values.run),
    host: values.host === undefined ? undefined : hostName(values.host),
    labels: Object.fromEntries((values.label ?? []).map(label)),
    controllerKey: path(values['controller-key']),
    storageRoot: path(values['storage-root']),
    storageRun: path(values['storage-run']),
    authFile: path(values['auth-file']),
    housekeeping: housekeeping(values),
    runtime: oneOf('--runtime', values.runtime ?? 'auto', ['auto', 'crun', 'runc']),
    logLevel: oneOf('--log-level', values['log-level'] ?? 'info', LOG_LEVELS),
    logFile: path(values['log-file']),
    down: values.down ?? false,
    volumes: values.volumes ?? false,
  }
}

/** Setpoint's version, from its package.json. */
export function agentVersion(): string {
  for (const place of ['../package.json', '../../package.json']) {
    try {
      return JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')).version
    } catch {
      // built, this file lies one folder deeper
    }
  }
  return 'unknown'
}

function parse(argv: string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: argv,
      options: {
        redis: text,
        state: text,
        run: text,
        host: text,
        'controller-key': text,
        runtime: text,
        'storage-root': text,
        'storage-run': text,
        'auth-file': text,
        'image-max-age': text,
        'disk-high': text,
        'disk-low': text,
        'log-level': text,
        'log-file': text,
        label: { type: 'string', multiple: true },
        down: flag,
        volumes: flag,
        version: flag,
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw usage((error as Error).message)
  }
}

function defaultState(env: NodeJS.ProcessEnv): string {
  return resolve(env.SETPOINT_STATE ?? DEFAULT_STATE, 'agent')
}

function hostName(name: string): string {
  if (HOST_NAME.test(name)) return name
  throw usage(`${JSON.stringify(name)} is no host name: lower-case letters, digits, dots and dashes.`)
}

function label(text: string): [string, string] {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (key === undefined || value === undefined) throw usage(`--label ${text} is not KEY=VALUE.`)
  return [key, value]
}

function housekeeping(values: {
  'image-max-age'?: string
  'disk-high'?: string
  'disk-low'?: string
}): Housekeeping {
  const { 'image-max-age': age, 'disk-high': high, 'disk-low': low } = values
  const maxAge = age === undefined ? HOUSEKEEPING.maxAge : parseDuration(age)
  if (maxAge === undefined) throw usage(`--image-max-age ${age} is no duration, as in 7d or 12h.`)
  const diskHigh = percent('--disk-high', high) ?? HOUSEKEEPING.diskHigh
  const diskLow = percent('--disk-low', low) ?? Math.min(HOUSEKEEPING.diskLow, diskHigh)
  if (diskLow > diskHigh) throw usage(`--disk-low ${diskLow} is above --disk-high ${diskHigh}.`)
  return { maxAge, diskHigh, diskLow }
}

function percent(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,3}$/.test(value) && Number(value) <= 100) return Number(value)
  throw usage(`${name} ${value} is no number from 0 to 100.`)
}

function oneOf<T extends string>(name: string, value: string, allowed: T[]): T {
  const found = allowed.find((each) => each === value)
  if (found === undefined) throw usage(`${name} ${value} is not one of ${allowed.join(', ')}.`)
  return found
}

function path(value: string | undefined): string | undefined {
  return value === undefined ? undefined : resolve(value)
}

function usage(message: string): SetpointError {
  return new SetpointError('USAGE', message, { hint: '`setpoint-agent --help` tells what there is.' })
}
