import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { destination, type Logger, pino } from 'pino'
import { createApi } from './api/server.ts'
import type { Service } from './api/service.ts'
import { apiSocket } from './api/socket.ts'
import { broadcast } from './broadcast.ts'
import { openContents } from './contents.ts'
import { createDelivery } from './delivery/delivery.ts'
import { usedSpecs } from './delivery/needs.ts'
import { createLoader } from './desired/load.ts'
import { createDispatch } from './dispatch.ts'
import { createEvents } from './events.ts'
import { openSources } from './git/open.ts'
import { poll } from './git/poller.ts'
import { turn } from './loop.ts'
import { createHostProblems } from './observed/host-problems.ts'
import { createFleet } from './observed/redis-fleet.ts'
import type { ControllerOptions, SourceOptions } from './options.ts'
import { createQueue } from './queue/bullmq-queue.ts'
import { createPinner } from './registry/pinner.ts'
import { createRegistry } from './registry/registry.ts'
import { handoversOf } from './secret/handovers.ts'
import { createSecretService } from './secret/service.ts'
import { createService } from './service.ts'
import { createSessionOpener } from './session/open.ts'
import { followSources } from './sources.ts'
import { createRecords } from './state/file-records.ts'
import { openHostKeys } from './state/host-keys.ts'
import { loadKeys } from './state/keys.ts'
import { createLeader } from './state/leader.ts'
import { createTurns } from './turns.ts'

/** Milliseconds between two looks for content that no revision names any more. */
const SWEEP_EVERY = 10 * 60_000

/**
 * Starts a controller: the only place where its parts are made and joined. The API answers at once; turns are taken
 * while this controller leads, and only then.
 * @throws SetpointError when the API cannot listen or the state folder cannot be used
 */
export async function runController(options: ControllerOptions): Promise<{ close(): Promise<void> }> {
  const folder = join(options.state, 'controller')
  const log = await openLog(options)
  const now = () => new Date()
  const changes = broadcast()

  const keys = await loadKeys(folder)
  const records = createRecords(join(folder, 'stacks'), log)
  await records.load()
  // The same id after a restart: it takes its own lease over at once instead of waiting it out.
  const leader = createLeader({ redis: options.redis, folder, id: `${hostname()}:${options.state}`, log })
  const fleet = createFleet({ redis: options.redis, log, now })
  const queue = createQueue({ redis: options.redis, keys, epoch: leader.epoch, log })

  const problems = createHostProblems()
  const hostKeys = await openHostKeys({
    ...{ folder: join(folder, 'hosts'), given: options.hostKeys, log, now },
    byHand: options.hostsByHand ?? false,
  })
  const contents = await openContents({ state: options.state, folder, keys, hostKeys, log, now })
  const delivery = createDelivery({
    ...{ redis: options.redis, store: contents.packs, log },
    sealed: (need) => handoversOf(need, contents.vault),
  })
  const dispatch = createDispatch(queue, delivery)
  const opener = createSessionOpener({ redis: options.redis, queue, fleet, hostKeys, log })
  const turns = createTurns({
    turn: async (stack) => {
      if (!leader.isLeader()) return null
      return turn({ candidate: sources.candidate, fleet, records, dispatch, now }, stack)
    },
    onTurn: changes.tell,
    onError: (stack, err) => log.error({ stack, err }, 'a turn failed and is taken again'),
    now,
  })
  const wakeAll = () => {
    for (const stack of [...records.list().map(({ name }) => name), ...sources.stacks()]) turns.wake(stack)
  }

  const registry = createRegistry({ authFile: options.authFile, now })
  const opened = openSources(options.sources, { cache: join(folder, 'git'), log })
  const sources = followSources({
    sources: opened.map((source, index) => ({ source, options: options.sources[index] as SourceOptions })),
    createLoader,
    poll,
    records,
    pinner: createPinner({ registry, records, log, now }),
    contents,
    onStacks: (stacks) => stacks.forEach(turns.wake),
    onStatus: changes.tell,
    log,
    now,
  })
  const candidates = () => sources.stacks().flatMap((stack) => sources.candidate(stack)?.spec ?? [])
  const specs = () => usedSpecs(records.list(), candidates())
  const secrets = createSecretService({
    externals: contents.externalSecrets,
    specs,
    mayChange: leader.epoch,
    onChange: sources.reload,
  })
  const events = createEvents({
    look: () => ({ status: service.status(), drift: service.drift() }),
    onChange: changes.listen,
    now,
  })
  const service: Service = createService({
    externals: contents.externals,
    sources,
    records,
    fleet,
    opener,
    events,
    turns,
    leader,
    problems,
    hostKeys,
    secrets,
    recipient: keys.recipient,
    onChange: changes.listen,
    log,
    now,
  })
  const { listen, token } = options
  const api = await createApi({
    service,
    listen,
    socket: apiSocket(options.state),
    log,
    ...(token !== undefined && { token }),
  }).catch(async (error) => {
    await close()
    throw error
  })

  fleet.onChange((stacks) => {
    if (stacks === null) void hostKeys.see(fleet.observed(now())).then(changes.tell)
    if (stacks === null) wakeAll()
    else stacks.forEach(turns.wake)
    changes.tell()
  })
  fleet.onOutcome((outcome) => {
    problems.note(outcome)
    changes.tell()
  })
  leader.onChange(() => {
    wakeAll()
    changes.tell()
  })
  const untilThere = (err: unknown) =>
    log.warn({ err }, 'Redis does not answer yet; nothing is changed until it does')
  fleet.start().then(wakeAll, untilThere)
  leader.acquire().then(wakeAll, untilThere)
  const sweeping = setInterval(() => void contents.sweep(specs()), SWEEP_EVERY)

  async function close(): Promise<void> {
    registry.close()
    clearInterval(sweeping)
    await Promise.all([sources.close(), turns.close()])
    opener.close()
    events.close()
    await leader.release()
    await Promise.all([
      fleet.close(),
      queue.close(),
      delivery.close(),
      ...opened.map((source) => source.close()),
    ])
  }

  return {
    close: async () => {
      await api.close()
      await close()
    },
  }
}

async function openLog({ logFile, logLevel }: ControllerOptions): Promise<Logger> {
  await mkdir(dirname(logFile), { recursive: true, mode: 0o700 })
  return pino({ level: logLevel, base: { part: 'controller' } }, destination({ dest: logFile, sync: false }))
}
