import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { destination, type Logger, pino } from 'pino'
import { makeNamedFolder } from '../schemas/common/folders.ts'
import { messageOf } from '../schemas/error.ts'
import { createApi } from './api/server.ts'
import type { Service } from './api/service.ts'
import { apiSocket } from './api/socket.ts'
import { type Broadcast, broadcast } from './broadcast.ts'
import { openContents } from './contents.ts'
import { createDelivery } from './delivery/delivery.ts'
import { usedSpecs } from './delivery/needs.ts'
import { createLoader } from './desired/load.ts'
import { createDispatch } from './dispatch.ts'
import { openSources } from './git/open.ts'
import { poll } from './git/poller.ts'
import { turn } from './loop.ts'
import { createHostProblems, type HostProblems } from './observed/host-problems.ts'
import { createFleet } from './observed/redis-fleet.ts'
import type { ControllerOptions, SourceOptions } from './options.ts'
import { createQueue } from './queue/bullmq-queue.ts'
import { createRefusals } from './queue/refusals.ts'
import { createPinner } from './registry/pinner.ts'
import { createRegistry } from './registry/registry.ts'
import { nextWanted } from './rollout/accept.ts'
import type { Around } from './rollout/step.ts'
import { handoversOf } from './secret/handovers.ts'
import { createSecretService } from './secret/service.ts'
import { createEvents } from './service/events.ts'
import { areAllHeard } from './service/known-hosts.ts'
import { allStacks } from './service/known-stacks.ts'
import { createService } from './service/service.ts'
import { createSessionOpener } from './session/open.ts'
import { followSources } from './sources/sources.ts'
import { createRecords } from './state/file-records.ts'
import { openHostKeys } from './state/host-keys.ts'
import { loadKeys } from './state/keys.ts'
import { createLeader } from './state/leader.ts'
import { createTurns } from './turns.ts'

/** Milliseconds between two looks for content that no revision names any more. */
const SWEEP_EVERY = 10 * 60_000

export interface Controller {
  close(): Promise<void>
}

/**
 * Starts a controller: the only place where its parts are made and joined. The API answers at once; turns are taken
 * while this controller leads, and only then.
 * @throws SetpointError when the API cannot listen or the state folder cannot be used
 */
export async function runController(options: ControllerOptions): Promise<Controller> {
  const base = { options, log: await openLog(options), now: () => new Date(), changes: broadcast() }
  const kept = await openKept(base)
  const links = openLinks(base, kept)
  const work = startWork(base, { ...kept, ...links })
  const front = createFront(base, { ...kept, ...links, ...work })
  const close = async () => {
    await work.close()
    front.close()
    await links.close()
    await work.closeSources()
  }
  const api = await front.listen().catch(async (error) => {
    await close()
    throw error
  })
  wakeOnNews(base, { ...kept, ...links, ...work }, front.problems)
  return {
    close: async () => {
      await api.close()
      await close()
    },
  }
}

/** What every part is given. */
interface Base {
  options: ControllerOptions
  log: Logger
  now: () => Date
  /** Told whenever the status may be another one. */
  changes: Broadcast
}

type Kept = Awaited<ReturnType<typeof openKept>>
type Links = ReturnType<typeof openLinks>
type Work = ReturnType<typeof startWork>

/** What lasts, in the state folder. */
async function openKept({ options, log, now }: Base) {
  const folder = folderOf(options)
  await makeNamedFolder(folder, '--state', privateFolder)
  const keys = await loadKeys(folder)
  const records = createRecords(join(folder, 'stacks'), log)
  await records.load()
  const hostKeys = await openHostKeys({
    folder: join(folder, 'hosts'),
    given: options.hostKeys,
    log,
    now,
    byHand: options.hostsByHand ?? false,
  })
  const contents = await openContents({ state: options.state, folder, keys, hostKeys, log, now })
  return { keys, records, hostKeys, contents }
}

/** What meets the agents and other controllers, by Redis. */
function openLinks({ options, log, now }: Base, { keys, hostKeys, contents }: Kept) {
  const { redis, state } = options
  // The same id after a restart: it takes its own lease over at once instead of waiting it out.
  const leader = createLeader({ redis, folder: folderOf(options), id: `${hostname()}:${state}`, log })
  const fleet = createFleet({ redis, log, now })
  const queue = createQueue({ redis, keys, epoch: leader.epoch, log })
  const delivery = createDelivery({
    redis,
    store: contents.packs,
    log,
    sealed: (need) => handoversOf(need, contents.vault),
  })
  const opener = createSessionOpener({ redis, queue, fleet, hostKeys, log })
  const close = async () => {
    opener.close()
    await leader.release()
    await Promise.all([fleet.close(), queue.close(), delivery.close()])
  }
  return { leader, fleet, queue, refusals: createRefusals(), delivery, opener, close }
}

/** The work itself: what the sources say, and the turns that it leads to. */
function startWork(
  { options, log, now, changes }: Base,
  { records, contents, leader, fleet, queue, refusals, delivery }: Kept & Links,
) {
  const dispatch = createDispatch(queue, delivery)
  const around: Around = {
    refusalOf: ({ host, action }) => refusals.of(host, action),
    wantedOf: (stack) => nextWanted(records.get(stack), sources.candidate(stack), now()),
  }
  const turns = createTurns({
    turn: async (stack) => {
      if (!leader.isLeader()) return null
      return turn({ candidate: sources.candidate, fleet, records, dispatch, around, now }, stack)
    },
    onTurn: changes.tell,
    onError: (stack, err) => log.error({ stack, err }, 'A turn failed and is taken again'),
    now,
  })
  const registry = createRegistry({ authFile: options.authFile, now })
  const opened = openSources(options.sources, { cache: join(folderOf(options), 'git'), log })
  const sources = followSources({
    sources: opened.map((source, index) => ({ source, options: options.sources[index] as SourceOptions })),
    createLoader,
    poll,
    records,
    contents,
    log,
    now,
    pinner: createPinner({ registry, records, log, now }),
    onStacks: (stacks) => stacks.forEach(turns.wake),
    onStatus: changes.tell,
  })
  const candidates = () => sources.stacks().flatMap((stack) => sources.candidate(stack)?.spec ?? [])
  /** All that may still be asked for. */
  const specs = () => usedSpecs(records.list(), candidates())
  const sweeping = setInterval(() => void contents.sweep(specs()), SWEEP_EVERY)
  return {
    turns,
    sources,
    specs,
    close: async () => {
      registry.close()
      clearInterval(sweeping)
      await Promise.all([sources.close(), turns.close()])
    },
    /** Last of all: whoever takes over need not wait for a git that is slow to end. */
    closeSources: () => Promise.all(opened.map((source) => source.close())),
  }
}

/** What people see of it: the API, and what stands behind that. */
function createFront({ options, log, now, changes }: Base, parts: Kept & Links & Work) {
  const { contents, leader, sources, keys, specs } = parts
  const problems = createHostProblems()
  const secrets = createSecretService({
    externals: contents.externalSecrets,
    specs,
    mayChange: leader.epoch,
    onChange: sources.reload,
  })
  const events = createEvents({
    look: () => ({ status: service.status(), drift: service.drift() }),
    isCurrent: () => areAllHeard({ ...parts, now }),
    onChange: changes.listen,
    now,
  })
  const service: Service = createService({
    ...parts,
    problems,
    secrets,
    events,
    log,
    now,
    externals: contents.externals,
    recipient: keys.recipient,
    onChange: changes.listen,
  })
  const { listen, token, state } = options
  const listener = { listen, socket: apiSocket(state), ...(token !== undefined && { token }) }
  return {
    problems,
    listen: () => createApi({ service, log, ...listener }),
    close: events.close,
  }
}

/** Wakes turns and tells whoever looks, whenever hosts, the leadership or the link to Redis have news. */
function wakeOnNews(
  { log, now, changes }: Base,
  { records, hostKeys, leader, fleet, refusals, turns, sources }: Kept & Links & Work,
  problems: HostProblems,
): void {
  const wakeAll = () => {
    for (const stack of allStacks({ records, sources })) turns.wake(stack)
  }
  fleet.onChange((stacks) => {
    if (stacks === null) void hostKeys.see(fleet.observed(now())).then(changes.tell)
    if (stacks === null) wakeAll()
    else stacks.forEach(turns.wake)
    changes.tell()
  })
  fleet.onOutcome((outcome) => {
    problems.note(outcome)
    refusals.note(outcome, now())
    if (outcome.error?.final) wakeAll()
    changes.tell()
  })
  leader.onChange(() => {
    wakeAll()
    changes.tell()
  })
  const untilThere = (error: unknown) =>
    log.warn({ problem: messageOf(error) }, 'Redis does not answer yet; nothing is changed until it does')
  fleet.start().then(() => {
    wakeAll()
    changes.tell()
  }, untilThere)
  leader.acquire().then(wakeAll, untilThere)
}

function folderOf({ state }: ControllerOptions): string {
  return join(state, 'controller')
}

const privateFolder = (folder: string) => mkdir(folder, { mode: 0o700 })

async function openLog({ logFile, logLevel }: ControllerOptions): Promise<Logger> {
  await makeNamedFolder(dirname(logFile), '--log-file', privateFolder)
  return pino({ level: logLevel, base: { part: 'controller' } }, destination({ dest: logFile, sync: false }))
}
