import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import { closeRedis, connectRedis, whenReady } from '../redis.ts'
import { createReportReader, type ReportReaderOptions } from './report-reader.ts'

export interface FollowerOptions extends Omit<ReportReaderOptions, 'reader' | 'onLoss'> {
  redis: string
  log: Log
}

export interface Follower {
  /** Begins to follow; resolves once everything that is there has been read. */
  start(): Promise<void>
  close(): Promise<void>
}

/** Milliseconds between an outage and the next attempt. */
const PAUSE = 250

/** Follows the report stream over outages, each of which is told once. */
export function createFollower({ redis, log, ...options }: FollowerOptions): Follower {
  const reader = connectRedis(redis, log)
  const closing = new AbortController()
  const caughtUp = Promise.withResolvers<void>()
  const reports = createReportReader({
    ...options,
    reader,
    arrived() {
      options.arrived()
      caughtUp.resolve()
    },
    onLoss: (position) => log.warn({ position }, 'Redis lost the report stream; reading what there is now'),
  })
  let problem: string | undefined
  let loop: Promise<void> | undefined

  async function follow(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await whenReady(reader)
        await reports.read()
        problem = undefined
      } catch (error) {
        reports.interrupted()
        if (!closing.signal.aborted) await pauseAfter(messageOf(error))
      }
    }
  }

  async function pauseAfter(failure: string): Promise<void> {
    if (failure !== problem) log.warn({ problem: failure }, 'Reports cannot be read; trying again')
    problem = failure
    await sleep(PAUSE, undefined, { signal: closing.signal }).catch(() => {})
  }

  return {
    start: () => {
      loop ??= follow()
      return caughtUp.promise
    },
    close: async () => {
      closing.abort()
      closeRedis(reader)
      caughtUp.resolve()
      await loop
    },
  }
}
