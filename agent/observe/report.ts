import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { ErrorFacts } from '../../schemas/error.ts'
import { messageOf } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import type { HostInfo, Report, ReportOf, Snapshot, Stray } from '../../schemas/report.ts'
import type { TaskStatus } from '../../schemas/task.ts'
import type { Usage } from '../../schemas/usage.ts'
import { HEARTBEAT, REPORTS, REPORTS_KEPT, SNAPSHOTS } from '../../schemas/wire.ts'

/** Tells the controllers what this host looks like. While Redis is away it keeps little and blocks nobody. */
export interface Reporter {
  /** Sends a snapshot as soon as Redis answers, then at every heartbeat and after every reconnection. */
  start(): void
  delta(change: { tasks: TaskStatus[]; gone: string[] }): void
  outcome(jobId: string, error?: ErrorFacts): void
  /** All that there is to see, now. */
  snapshot(): void
  /** Waits for what is on its way, at most a second. */
  close(): Promise<void>
}

export interface ReporterOptions {
  /** A connection that rejects at once while Redis is away. */
  redis: Redis
  host: HostInfo
  tasks: () => TaskStatus[]
  strays: () => Stray[]
  usage: () => Record<string, Usage>
  log: Log
  /** Milliseconds between two snapshots. */
  heartbeat?: number
}

/** What is kept of outcomes while Redis is away: the newest, for those who still wait for one. */
const KEPT_OUTCOMES = 200
const LAST_WORDS = 1_000

/** Tells the controller what this host looks like: a snapshot at every heartbeat, and each change between two. */
export function createReporter(options: ReporterOptions): Reporter {
  const { redis, host, log, heartbeat = HEARTBEAT } = options
  // a later life of the agent has a greater boot
  const boot = `${Date.now().toString(36).padStart(9, '0')}-${randomBytes(4).toString('hex')}`
  const onTheirWay = new Set<Promise<void>>()
  let unsent: Pick<ReportOf<'outcome'>, 'jobId' | 'ok' | 'error'>[] = []
  let sequence = 0
  let timer: NodeJS.Timeout | undefined

  return {
    start() {
      redis.on('ready', refresh)
      if (redis.status === 'ready') refresh()
      timer = setInterval(snapshot, heartbeat)
    },
    // a delta that is lost is made up for by the snapshot that follows a reconnection
    delta: (change) => void send({ kind: 'delta', ...stamp(), ...change }),
    outcome(jobId, error) {
      void sendOutcome({ jobId, ok: error === undefined, ...(error && { error }) })
    },
    snapshot,
    async close() {
      clearInterval(timer)
      redis.off('ready', refresh)
      await Promise.race([
        Promise.allSettled(onTheirWay),
        new Promise((resolve) => setTimeout(resolve, LAST_WORDS)),
      ])
    },
  }

  function refresh(): void {
    snapshot()
    for (const outcome of unsent.splice(0)) void sendOutcome(outcome)
  }

  function snapshot(): void {
    if (redis.status !== 'ready') return
    const from = stamp()
    const { boot, sequence, at } = from
    const full: Snapshot = {
      host,
      boot,
      sequence,
      at,
      tasks: options.tasks(),
      strays: options.strays(),
      usage: options.usage(),
    }
    const report: Report = { kind: 'snapshot', ...from }
    const sent = redis
      .multi()
      .hset(SNAPSHOTS, host.name, JSON.stringify(full))
      .xadd(...entry(report))
      .exec()
    void follow(sent)
  }

  async function sendOutcome(outcome: (typeof unsent)[number]): Promise<void> {
    if (await send({ kind: 'outcome', ...stamp(), ...outcome })) return
    unsent = [...unsent, outcome].slice(-KEPT_OUTCOMES)
  }

  async function send(report: Report): Promise<boolean> {
    return redis.status === 'ready' && follow(redis.xadd(...entry(report)))
  }

  /** True when it has arrived. */
  async function follow(sending: Promise<unknown>): Promise<boolean> {
    const way = sending.then(() => {})
    onTheirWay.add(way)
    try {
      await way
      return true
    } catch (error) {
      log.debug({ problem: messageOf(error) }, 'A report was lost')
      return false
    } finally {
      onTheirWay.delete(way)
    }
  }

  function stamp() {
    sequence += 1
    return { host: host.name, boot, sequence, at: new Date().toISOString() }
  }
}

function entry(report: Report) {
  return [REPORTS, 'MAXLEN', '~', REPORTS_KEPT, '*', 'report', JSON.stringify(report)] as const
}
