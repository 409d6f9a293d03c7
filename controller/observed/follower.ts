import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import { HEARTBEAT } from '../../schemas/wire.ts'
import { closeRedis, connectRedis, whenReady } from '../redis.ts'
import { BEGINNING, isBefore, lastId, readAfter, redisTime, type StreamEntry, timeOf } from './stream.ts'

export interface FollowerOptions {
  redis: string
  log: Log
  time: () => number
  readSnapshots(): Promise<void>
  takeEntries(entries: Arrival[]): Promise<void>
  /** An entry was sent at this local time: Redis could be reached then. */
  linked(at: number): void
  /** Everything that there is has been read, now. */
  current(): void
}

export interface Arrival extends StreamEntry {
  /** When it was sent, in milliseconds of local time. */
  at: number
  /** False when it was sent before the start. */
  news: boolean
}

export interface Follower {
  /** Begins to follow; resolves once everything that is there has been read. */
  start(): Promise<void>
  close(): Promise<void>
}

/** How long one read waits for an entry: so often is looked whether Redis still is the same. */
const BLOCK = HEARTBEAT / 2
const PAUSE = 250

/** What stood in the stream when its reading began: entries up to `last`, stamped by a clock `ahead` of ours. */
interface Past {
  last: string
  ahead: number
}

/**
 * Reads the report stream from its beginning and follows it over outages. At the start and after each outage all
 * snapshots are read first. The whole stream is read because the last delta of a host that fell silent may be
 * anywhere in it; what a snapshot already contains changes nothing.
 */
export function createFollower(options: FollowerOptions): Follower {
  const { redis, log, time, readSnapshots, takeEntries, linked, current } = options
  const reader = connectRedis(redis, log)
  const closing = new AbortController()
  const caughtUp = Promise.withResolvers<void>()
  let position = BEGINNING
  let past: Past | undefined
  let arrived = false
  let problem: string | undefined
  let loop: Promise<void> | undefined

  async function follow(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await round()
        problem = undefined
      } catch (error) {
        await stumbled(error)
      }
    }
  }

  async function round(): Promise<void> {
    await whenReady(reader)
    if (!past) await begin()
    const entries = await readAfter(reader, position, BLOCK)
    if (entries.length > 0) await advance(entries)
    else await checkPosition()
    if (entries.length === 0 || (past && !isBefore(position, past.last))) arrive()
  }

  async function begin(): Promise<void> {
    await checkPosition()
    const last = await lastId(reader)
    const ahead = (await redisTime(reader)) - time()
    await readSnapshots()
    past = { last, ahead }
    if (!isBefore(position, last)) arrive()
  }

  async function advance(entries: StreamEntry[]): Promise<void> {
    const arrivals = entries.map((entry) => ({
      ...entry,
      at: sentAt(entry.id),
      news: arrived || isNew(entry.id),
    }))
    for (const { at } of arrivals) linked(at)
    await takeEntries(arrivals)
    position = entries.at(-1)?.id ?? position
  }

  /** After a flush, or with another Redis, the ids may begin lower than what was read. */
  async function checkPosition(): Promise<void> {
    if (!isBefore(await lastId(reader), position)) return
    log.warn({ position }, 'Redis lost the report stream; reading what there is now')
    position = BEGINNING
    past = undefined
  }

  function sentAt(id: string): number {
    return past === undefined || isNew(id) ? time() : Math.min(timeOf(id) - past.ahead, time())
  }

  function isNew(id: string): boolean {
    return past !== undefined && isBefore(past.last, id)
  }

  function arrive(): void {
    arrived = true
    current()
    caughtUp.resolve()
  }

  async function stumbled(error: unknown): Promise<void> {
    past = undefined
    if (closing.signal.aborted) return
    if (messageOf(error) !== problem)
      log.warn({ problem: messageOf(error) }, 'Reports cannot be read; trying again')
    problem = messageOf(error)
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
