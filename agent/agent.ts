import { createHash, type KeyObject } from 'node:crypto'
import { availableParallelism, totalmem } from 'node:os'
import type { Log } from '../schemas/log.ts'
import type { HostInfo } from '../schemas/report.ts'
import { redisOptions } from '../schemas/wire.ts'
import { checkKey, controllerKey } from './controller-key.ts'
import { hostKey } from './host-key.ts'
import { hostNameOf, pinHost } from './host-name.ts'
import { lockState } from './lock.ts'
import { createInspector } from './observe/inspect.ts'
import { createReporter } from './observe/report.ts'
import { createUsage } from './observe/usage.ts'
import { type AgentOptions, agentVersion } from './options.ts'
import { openOrders, slotKey } from './orders.ts'
import { openParts, type Parts } from './parts.ts'
import { performer } from './perform.ts'
import { connectRedis, whenReady } from './redis.ts'
import { keepLogs } from './runtime/logs/keeper.ts'
import { sweepCommands } from './session/hang-up.ts'
import { createSessions } from './session/sessions.ts'
import type { Known } from './task/tasks.ts'

/**
 * Runs the agent until `signal` aborts; then it lets go and leaves the containers running. The tasks come first, Redis
 * second and jobs last (law 4): nothing of this host waits for somebody else to answer.
 * @throws SetpointError when it cannot even begin
 */
export async function runAgent(options: AgentOptions, log: Log, signal: AbortSignal): Promise<void> {
  const host = await hostNameOf(options.state, options.host)
  const lock = await lockState(options.state)
  await checkKey(options.controllerKey, options.state)
  await pinHost(options.state, host)
  const key = await hostKey(options.state, log)
  const parts = await openParts(options, log)
  try {
    await parts.tasks.adopt()
    parts.uses.look()
    parts.tasks.onChange(parts.uses.look)
    await sweepCommands(parts.reach)
    await serve({ ...options, host, ...key }, parts, { log, signal })
  } finally {
    await parts.close()
    await lock.release()
  }
}

/** Who this host is to the controller. */
interface Identity {
  host: string
  recipient: string
  identity: string
}

async function serve(
  options: AgentOptions & Identity,
  { paths, tasks, runtime, networks, reach }: Parts,
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<void> {
  const url = options.redis ?? ''
  const redis = connectRedis(url, log)
  const inspector = createInspector({ tasks, runtime, networks, log })
  const reporter = createReporter({
    redis,
    log,
    host: hostInfo(options, runtime.info),
    tasks: tasks.list,
    strays: inspector.strays,
    usage: createUsage({ tasks: tasks.list, runtime, now: () => performance.now() }),
  })
  tasks.onChange(reporter.delta)
  inspector.onStrays(reporter.snapshot)
  reporter.start()
  inspector.start()
  const logs = keepLogs({ paths, tasks: () => writers(tasks.known()), log })
  const sessions = createSessions({
    reach,
    log,
    identity: options.identity,
    writer: redis,
    connect: () => whenReady(connectRedis(url, log)),
  })
  const publicKey = await controllerKey({ file: options.controllerKey, state: options.state, log, signal })
  const worker = publicKey && (await takeJobs(publicKey))
  if (worker) log.info({ host: options.host, version: agentVersion() }, 'The agent is ready')
  await aborted(signal)
  log.info({}, 'The agent stops; the containers run on')
  inspector.close()
  logs.close()
  await worker?.close()
  await sessions.close()
  await reporter.close()
  redis.disconnect()

  async function takeJobs(publicKey: KeyObject): Promise<{ close(): Promise<void> }> {
    const orders = await openOrders({ paths, log, key: fingerprint(publicKey) })
    const { startWorker } = await import('./worker.ts')
    const worker = startWorker({
      redis: redisOptions(url),
      host: options.host,
      publicKey,
      orders,
      log,
      slotOf: (taskId) => slotOf(tasks.list().find(({ id }) => id === taskId)),
      perform: performer({ tasks, inspector, sessions }),
      outcome: reporter.outcome,
    })
    return { close: () => worker.close().then(orders.saved) }
  }
}

function fingerprint(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
}

function hostInfo(
  { host, labels, recipient }: AgentOptions & Identity,
  runtime: Parts['runtime']['info'],
): HostInfo {
  return {
    name: host,
    labels,
    availability: 'active',
    resources: { cpus: availableParallelism(), memory: totalmem() },
    runtime: `${runtime.name} ${runtime.version} (cgroup ${runtime.cgroup})`,
    version: agentVersion(),
    recipient,
  }
}

function writers(known: Known[]) {
  return known
    .filter(({ status }) => status.state === 'running')
    .map(({ task }) => ({ id: task.id, logging: task.container.logging }))
}

function slotOf(task: Parameters<typeof slotKey>[0] | undefined): string | undefined {
  return task && slotKey(task)
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
