import { join } from 'node:path'
import type { Layout, ServiceName } from './layout.ts'
import { entryPoint } from './layout.ts'
import type { UpOptions } from './options.ts'
import { redisArgv } from './redis.ts'
import type { ServiceSpec } from './supervise.ts'
import { systemPath } from './tools.ts'

/**
 * The agent makes little rubbish at a time: V8 need not let 16 MB of it gather twice before it clears away. Saves 15 MB,
 * as the first line of scripts/setpoint-agent.mjs does where the agent is started by itself.
 */
const AGENT_NODE = ['--max-semi-space-size=2']

/** How each of the three processes is started. */
export function serviceSpecs(
  options: UpOptions,
  layout: Layout,
  env: NodeJS.ProcessEnv,
): Record<ServiceName, ServiceSpec> {
  const spec = (name: ServiceName, argv: string[], extra: NodeJS.ProcessEnv = {}): ServiceSpec => ({
    name,
    argv,
    env: { ...env, PATH: systemPath(env.PATH ?? ''), ...extra },
    pidFile: layout.pidFile(name),
    words: layout.words(name),
  })
  return {
    redis: spec('redis', redisArgv(layout)),
    // By environment: a URL may carry a password, and every user can read a command line.
    controller: spec('controller', controllerArgv(options, layout), {
      SETPOINT_SOURCES: options.sources.join('\n'),
    }),
    // Compiled code that is kept saves the agent 20 MB: the type stripper is then never loaded. And glibc would keep
    // memory apart for each of its ten threads (mallopt(3), M_ARENA_MAX), of which nearly all only wait: 4 MB.
    agent: spec('agent', agentArgv(options, layout), {
      NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE ?? layout.codeCache,
      MALLOC_ARENA_MAX: env.MALLOC_ARENA_MAX ?? '2',
    }),
  }
}

/** The agent's flags that it needs for taking everything down as well. */
export function agentFlags(options: UpOptions, layout: Layout): string[] {
  return [
    ...['--state', layout.agentState],
    ...['--host', options.host],
    ...['--runtime', options.runtime],
    ...optional('--storage-root', options.storageRoot),
    ...optional('--storage-run', options.storageRun),
  ]
}

function controllerArgv(options: UpOptions, layout: Layout): string[] {
  return [
    ...[process.execPath, entryPoint('controller'), 'controller'],
    ...['--redis', `unix://${layout.redisSocket}`],
    ...['--state', layout.state],
    ...['--listen', options.listen],
    ...['--interval', `${options.interval}ms`],
    ...['--log-level', options.logLevel],
    ...['--log-file', layout.log('controller')],
    ...['--host-key', `${options.host}=${layout.hostKey}`],
    ...optional('--credentials-file', options.credentialsFile),
    ...authFile(options),
    ...(options.variables ?? []).flatMap((text) => ['--variables', text]),
    ...(options.allowEmpty ? ['--allow-empty'] : []),
  ]
}

function agentArgv(options: UpOptions, layout: Layout): string[] {
  return [
    ...[process.execPath, ...AGENT_NODE, entryPoint('agent')],
    ...['--redis', `unix://${layout.redisSocket}`],
    ...agentFlags(options, layout),
    ...['--controller-key', layout.controllerKey],
    ...authFile(options),
    ...optional('--image-max-age', options.imageMaxAge),
    ...optional('--disk-high', options.diskHigh),
    ...optional('--disk-low', options.diskLow),
    ...['--log-level', options.logLevel],
    ...['--log-file', layout.log('agent')],
  ]
}

/** One file for both: the controller looks up what the agent pulls. */
function authFile({ authFile, state }: UpOptions): string[] {
  return ['--auth-file', authFile ?? join(state, 'auth.json')]
}

function optional(flag: string, value: string | undefined): string[] {
  return value === undefined ? [] : [flag, value]
}
