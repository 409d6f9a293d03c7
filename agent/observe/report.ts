import type { Redis } from 'ioredis'
import type { Log } from '../../schemas/log.ts'
import type { HostInfo, JobError, ReportOf, Stray } from '../../schemas/report.ts'
import type { TaskStatus } from '../../schemas/task.ts'
import type { Usage } from '../../schemas/usage.ts'
import { HEARTBEAT } from '../../schemas/wire.ts'
import { openReportStream } from './report-stream.ts'

/** Tells the controllers what this host looks like. While Redis is away it keeps little and blocks nobody. */
export interface Reporter {
  /** Sends a snapshot as soon as Redis answers, then at every heartbeat and after every reconnection. */
  start(): void
  delta(change: { tasks: TaskStatus[]; gone: string[] }): void
  outcome(jobId: string, error?: JobError): void
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

type Outcome = Pick<ReportOf<'outcome'>, 'jobId' | 'ok' | 'error'>

/** What is kept of outcomes while Redis is away: the newest, for those who still wait for one. */
const KEPT_OUTCOMES = 200
const LAST_WORDS = 1_000

/** Tells the controller what this host looks like: a snapshot at every heartbeat, and each change between two. */
export function createReporter(options: ReporterOptions): Reporter {
  const { redis, host, log, heartbeat = HEARTBEAT } = options
  const { stamp, send, sendSnapshot, settled } = openReportStream({ redis, host: host.name, log })
  let unsent: Outcome[] = []
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
      await Promise.race([settled(), new Promise((resolve) => setTimeout(resolve, LAST_WORDS))])
    },
  }

  function refresh(): void {
    snapshot()
    for (const outcome of unsent.splice(0)) void sendOutcome(outcome)
  }

  function snapshot(): void {
    if (redis.status !== 'ready') return
    const { boot, sequence, at } = stamp()
    const [tasks, strays, usage] = [options.tasks(), options.strays(), options.usage()]
    void sendSnapshot({ host, boot, sequence, at, tasks, strays, usage })
  }

  async function sendOutcome(outcome: Outcome): Promise<void> {
    if (await send({ kind: 'outcome', ...stamp(), ...outcome })) return
    unsent = [...unsent, outcome].slice(-KEPT_OUTCOMES)
  }
}
