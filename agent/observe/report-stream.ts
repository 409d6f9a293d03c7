import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import { messageOf } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import type { Report, Snapshot } from '../../schemas/report.ts'
import { REPORTS, REPORTS_KEPT, SNAPSHOTS } from '../../schemas/wire.ts'
import { reportText, snapshotText } from './report-text.ts'

/** The way of a host's reports into Redis. */
export interface ReportStream {
  /** What a report says of itself: whose it is, and its place after all others of this host. */
  stamp(): Pick<Report, 'host' | 'boot' | 'sequence' | 'at'>
  /** True when it has arrived; nothing is kept of what does not. */
  send(report: Report): Promise<boolean>
  /** Puts a snapshot in the place of the last one and says that it is there, both or none. */
  sendSnapshot(full: Snapshot): Promise<boolean>
  /** Resolves when nothing is on its way any more. */
  settled(): Promise<void>
}

interface ReportStreamOptions {
  /** A connection that rejects at once while Redis is away. */
  redis: Redis
  /** The name of the host. */
  host: string
  log: Log
}

export function openReportStream({ redis, host, log }: ReportStreamOptions): ReportStream {
  // a later life of the agent has a greater boot
  const boot = `${Date.now().toString(36).padStart(9, '0')}-${randomBytes(4).toString('hex')}`
  const onTheirWay = new Set<Promise<void>>()
  let sequence = 0

  return {
    stamp() {
      sequence += 1
      return { host, boot, sequence, at: new Date().toISOString() }
    },
    send: async (report) => redis.status === 'ready' && follow(redis.xadd(...entry(report))),
    sendSnapshot(full) {
      const { boot, sequence, at } = full
      const sent = redis
        .multi()
        .hset(SNAPSHOTS, host, snapshotText(full))
        .xadd(...entry({ kind: 'snapshot', host, boot, sequence, at }))
        .exec()
      return follow(sent)
    },
    async settled() {
      await Promise.allSettled(onTheirWay)
    },
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
}

function entry(report: Report) {
  return [REPORTS, 'MAXLEN', '~', REPORTS_KEPT, '*', 'report', reportText(report)] as const
}
