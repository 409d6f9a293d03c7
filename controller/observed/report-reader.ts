import { HEARTBEAT } from '../../schemas/wire.ts'
import type { Redis } from '../redis.ts'
import { BEGINNING, isBefore, lastId, readAfter, redisTime, type StreamEntry, timeOf } from './stream.ts'

export interface ReportReaderOptions {
  reader: Redis
  /** Milliseconds of local time. */
  time: () => number
  readSnapshots(): Promise<void>
  takeEntries(entries: Arrival[]): Promise<void>
  /** Everything that there is has been read, now. */
  arrived(): void
  /** Redis has less than what was read: it was flushed, or is another one. */
  onLoss(position: string): void
}

export interface Arrival extends StreamEntry {
  /** When it was sent, in milliseconds of local time. */
  at: number
  /** False when it was sent before the start. */
  news: boolean
}

export interface ReportReader {
  /** Reads what comes next, or waits for it for a while. Throws when Redis cannot be read. */
  read(): Promise<void>
  /** The reading was interrupted: the next one takes all snapshots first. */
  interrupted(): void
}

/** How long one read waits for an entry: so often is looked whether Redis still is the same. */
const BLOCK = HEARTBEAT / 2

/** What stood in the stream when its reading began: entries up to `last`, stamped by a clock `ahead` of ours. */
interface Past {
  last: string
  ahead: number
}

/**
 * Reads the report stream from its beginning, after all snapshots. The whole stream is read because the last delta of a
 * host that fell silent may be anywhere in it; what a snapshot already contains changes nothing.
 */
export function createReportReader(options: ReportReaderOptions): ReportReader {
  const { reader, time, readSnapshots, takeEntries } = options
  let position = BEGINNING
  let past: Past | undefined
  let isStarted = false

  async function read(): Promise<void> {
    past ??= await begin()
    const entries = await readAfter(reader, position, BLOCK)
    if (entries.length > 0) await advance(entries)
    else await checkPosition()
    if (entries.length === 0 || (past && !isBefore(position, past.last))) arrive()
  }

  async function begin(): Promise<Past> {
    await checkPosition()
    const last = await lastId(reader)
    const ahead = (await redisTime(reader)) - time()
    await readSnapshots()
    if (!isBefore(position, last)) arrive()
    return { last, ahead }
  }

  async function advance(entries: StreamEntry[]): Promise<void> {
    await takeEntries(
      entries.map((entry) => ({ ...entry, at: sentAt(entry.id), news: isStarted || isNew(entry.id) })),
    )
    position = entries.at(-1)?.id ?? position
  }

  /** After a flush, or with another Redis, the ids may begin lower than what was read. */
  async function checkPosition(): Promise<void> {
    if (!isBefore(await lastId(reader), position)) return
    options.onLoss(position)
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
    isStarted = true
    options.arrived()
  }

  return {
    read,
    interrupted() {
      past = undefined
    },
  }
}
