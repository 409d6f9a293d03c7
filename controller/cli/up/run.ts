import { existsSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeNamedFolder } from '../../../schemas/common/folders.ts'
import { SetpointError } from '../../../schemas/error.ts'
import { setpointVersion } from '../../api/version.ts'
import { connectApi } from '../client/client.ts'
import type { Context } from '../context.ts'
import { EXIT } from '../exit.ts'
import { painter } from '../format/paint.ts'
import { count } from '../format/words.ts'
import { nextSignal } from '../terminal/signals.ts'
import { followStatus } from './follow.ts'
import { type Layout, layoutOf, SERVICES } from './layout.ts'
import { stopLeftovers } from './leftovers.ts'
import type { UpOptions } from './options.ts'
import { livingProcess, removePidFile, takePidFile } from './pid-file.ts'
import { progressTeller } from './progress.ts'
import { agentFlags, serviceSpecs } from './services.ts'
import { startServices } from './start.ts'
import type { Supervised } from './supervise.ts'
import { tailFiles } from './tail.ts'
import { requireTools } from './tools.ts'

/** Milliseconds between SIGTERM and SIGKILL. */
const STOP_DEADLINE = 20_000

/**
 * Runs Redis, controller and agent until a signal comes, then stops the three; the containers stay.
 * @throws SetpointError RUNTIME_MISSING, ALREADY_RUNNING, USAGE, or why one of the three did not start
 */
export async function runUp(context: Context, options: UpOptions): Promise<number> {
  requireRoot()
  requireTools(options.runtime, context.env.PATH ?? '')
  const layout = layoutOf(options.state)
  await prepareFolders(layout)
  warnOfAuthFile(context, options.authFile)
  takeLock(layout)
  try {
    await stopLeftovers(layout)
    writeFileSync(layout.agentFlags, JSON.stringify(agentFlags(options, layout)))
    await serve(context, options, layout)
  } finally {
    removePidFile(layout.lock)
  }
  return EXIT.yes
}

async function serve(context: Context, options: UpOptions, layout: Layout): Promise<void> {
  const running: Supervised[] = []
  const ending = new AbortController()
  const stopped = nextSignal(() => {
    for (const service of running) service.kill()
  }).then(() => ending.abort())
  const stopTail = options.verbose ? tailFiles(SERVICES.map(layout.log), context.err) : () => undefined
  const client = connectApi({ SETPOINT_API: `unix:${layout.apiSocket}` })
  const { signal } = ending

  try {
    context.out(`setpoint ${setpointVersion()} on host ${options.host}, state in ${layout.state}`)
    const { address } = await startServices({
      specs: serviceSpecs(options, layout, context.env),
      layout,
      client,
      host: options.host,
      tell: (line) => context.err(`${clock(context)} ${line}`),
      started: (service) => running.push(service),
      signal,
    })
    context.out(
      `setpoint is ready: ${address} (${count(options.sources.length, 'source')}; Ctrl-C ends it, the containers stay)`,
    )
    const progress = progressTeller(painter(context.colour))
    const tellOf: Parameters<typeof followStatus>[1] = (before, after) => {
      for (const line of progress(before, after)) context.out(`${clock(context)} ${line}`)
    }
    void followStatus(client, tellOf, signal)
    await stopped
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    ending.abort()
    await stopAll(running)
    stopTail()
  }
  const isDown = livingProcess(layout.downLock) !== undefined
  context.out(
    `setpoint has stopped; ${isDown ? 'setpoint down removes the containers' : 'the containers run on (setpoint down removes them)'}`,
  )
}

/** Agent and controller first, so that neither loses its Redis while it finishes. */
async function stopAll(running: Supervised[]): Promise<void> {
  const isRedis = ({ name }: Supervised) => name === 'redis'
  await Promise.all(
    running.filter((service) => !isRedis(service)).map((service) => service.stop(STOP_DEADLINE)),
  )
  await Promise.all(running.filter(isRedis).map((service) => service.stop(STOP_DEADLINE)))
}

/** It may come later, as one that is renewed may: it is looked for at each pull. */
function warnOfAuthFile(context: Context, file: string | undefined): void {
  if (file === undefined || existsSync(file)) return
  context.err(`--auth-file: there is no ${file}; until there is, images are pulled without it`)
}

async function prepareFolders(layout: Layout): Promise<void> {
  for (const folder of [...layout.folders, dirname(layout.redisSocket), dirname(layout.apiSocket)]) {
    await makeNamedFolder(folder, '--state', (path) => mkdir(path, { mode: 0o700 }))
  }
}

function takeLock(layout: Layout): void {
  const holder = takePidFile(layout.lock)
  if (!holder) return
  throw new SetpointError(
    'ALREADY_RUNNING',
    `\`setpoint up\` already runs on ${layout.state} (process ${holder.pid}).`,
    {
      hint: 'Stop it with Ctrl-C or setpoint down, or use another folder with --state DIR.',
    },
  )
}

function requireRoot(): void {
  if (process.getuid?.() === 0) return
  throw new SetpointError(
    'USAGE',
    '`setpoint up` must run as root: it makes namespaces, mounts and networks.',
    {
      hint: 'Run it as root: `sudo setpoint up …`.',
    },
  )
}

function clock(context: Context): string {
  return context.now().toTimeString().slice(0, 8)
}
