import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { SetpointError } from '../../../schemas/error.ts'
import type { VersionDocument } from '../../api/documents.ts'
import { answers } from '../../api/socket.ts'
import type { Client } from '../client/client.ts'
import type { Layout } from './layout.ts'
import { redisReady } from './redis.ts'
import type { serviceSpecs } from './services.ts'
import { describeExit, type Exit } from './spawn.ts'
import { type ServiceSpec, type Supervised, supervise } from './supervise.ts'

export interface StartOptions {
  specs: ReturnType<typeof serviceSpecs>
  layout: Layout
  client: Client
  /** The agent's host. */
  host: string
  tell(line: string): void
  /** Called with each process as it starts, so that it can be stopped whatever happens next. */
  started(service: Supervised): void
  /** Aborts when somebody wants it all to end. */
  signal: AbortSignal
}

/** Milliseconds that each part has to come up. Redis may have a long file to read. */
const REDIS_DEADLINE = 60_000
const CONTROLLER_DEADLINE = 120_000
const AGENT_DEADLINE = 120_000

/**
 * Starts Redis, controller and agent, each when the one before it answers; gives what the API says of itself.
 * @throws SetpointError when one of them ends or does not come up, with its last words
 */
export async function startServices(options: StartOptions): Promise<VersionDocument> {
  const { specs, layout, client } = options
  await start(specs.redis, options, {
    deadline: REDIS_DEADLINE,
    ready: (signal) => redisReady(layout.redisSocket, signal),
  })
  await start(specs.controller, options, {
    deadline: CONTROLLER_DEADLINE,
    ready: (signal) => until(signal, () => existsSync(layout.controllerKey) && answers(layout.apiSocket)),
  })
  const version = await client.version()
  const since = Date.now()
  await start(specs.agent, options, {
    deadline: AGENT_DEADLINE,
    ready: (signal) => until(signal, () => hasReported(client, options.host, since)),
  })
  return version
}

interface Readiness {
  deadline: number
  ready(signal: AbortSignal): Promise<void>
}

async function start(
  spec: ServiceSpec,
  options: StartOptions,
  { deadline, ready }: Readiness,
): Promise<void> {
  const late = AbortSignal.timeout(deadline)
  const signal = AbortSignal.any([options.signal, late])
  const service = supervise(spec, options.tell)
  options.started(service)
  const failed = service.failed.then((exit) => Promise.reject(notStarted(spec, exit)))
  try {
    await Promise.race([failed, ready(signal)])
  } catch (error) {
    throw late.aborted && !(error instanceof SetpointError) ? tooLate(spec, deadline) : error
  }
  service.settle()
}

async function until(signal: AbortSignal, holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) {
    signal.throwIfAborted()
    await pause(25)
  }
}

/** What an earlier life of the agent has reported says nothing of this one. */
async function hasReported(client: Client, host: string, since: number): Promise<boolean> {
  // A controller that ends right now is started again, and the next look finds it.
  const status = await client.status().catch(() => undefined)
  const found = status?.document.hosts.find(({ name }) => name === host)
  return found?.state === 'ready' && Date.parse(found.seen) >= since
}

function notStarted({ name, words }: ServiceSpec, exit: Exit): SetpointError {
  const { message, hint } = lastWords(words)
  return new SetpointError('INTERNAL', `The ${name} did not start: ${message ?? describeExit(exit)}`, {
    hint: hint ?? `What it wrote is in ${words}.`,
  })
}

function tooLate({ name, words }: ServiceSpec, deadline: number): SetpointError {
  return new SetpointError('DEADLINE_PASSED', `The ${name} did not come up in ${deadline / 1000} s.`, {
    hint: `What it wrote is in ${words} and in the .log beside it.`,
  })
}

/** The error that a process of ours has printed, taken apart again; else its last lines as they are. */
function lastWords(file: string): { message?: string; hint?: string } {
  const lines = read(file).trimEnd().split('\n')
  const at = lines.findLastIndex((line) => /^setpoint(-agent)?: /.test(line))
  if (at < 0) return lines[0] === '' ? {} : { message: lines.slice(-3).join(' / ') }
  const hint = lines
    .slice(at + 1)
    .map((line) => line.trim())
    .join(' ')
  return { message: (lines[at] ?? '').replace(/^[^:]+: /, ''), ...(hint === '' ? {} : { hint }) }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
