import { errorFacts } from '../../schemas/error.ts'
import { mergeInOrder } from '../../schemas/merge.ts'
import type { Channel } from '../../schemas/session/channel.ts'
import { FRAME, type Frame, jsonOf } from '../../schemas/session/frames.ts'
import type { LogLine, LogsRequest } from '../../schemas/session/request.ts'
import type { LogPiece } from '../../schemas/status.ts'
import { createHeard, type Heard } from './heard.ts'
import type { SessionOpener } from './open.ts'
import { replies } from './replies.ts'

export interface ReadLogs {
  opener: Pick<SessionOpener, 'open'>
  request: LogsRequest
  /** The hosts that may have tasks that are meant, now. */
  hosts: () => string[]
  /** Calls the listener when that may have changed; returns how to stop that. */
  onChange: (listener: () => void) => () => void
  /** Ends it. */
  signal: AbortSignal
}

/** Lines that are handed on together. */
const BATCH = 200

/**
 * The log lines of tasks on any number of hosts: first what there is, in the order of time; then, with `follow`, what is
 * written, as it comes, also on hosts that get a task later. A host that does not answer keeps no other from being read; one
 * that is lost while it is followed is told of, and what it wrote meanwhile comes once it is there again.
 */
export async function* readLogs(options: ReadLogs): AsyncGenerator<LogPiece> {
  const { request, signal } = options
  const started = new Date().toISOString()
  const known = new Set(options.hosts())
  const heard = new Map<string, Heard>()
  const pieces = createPieces<LogPiece>()
  const streams = await Promise.all([...known].map((host) => open(host, options, pieces)))
  const opened = streams.filter((stream) => stream !== undefined)
  const onAbort = () => {
    for (const { channel } of opened) void channel.close()
    pieces.end()
  }
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  const stopListening = options.onChange(() => void joinNew())
  try {
    yield* pieces.ready()
    yield* inBatches(
      mergeInOrder(
        opened.map((stream) => noted(stream, stream.history())),
        byTime,
      ),
    )
    yield* pieces.ready()
    if (!request.follow) return
    for (const stream of opened) void goOn(stream)
    await joinNew()
    yield* pieces.all()
  } finally {
    stopListening()
    signal.removeEventListener('abort', onAbort)
    for (const { channel } of opened) void channel.close()
  }

  /** Only once what there was has been read: a host that comes later has its lines after them. */
  async function joinNew(): Promise<void> {
    if (!request.follow || signal.aborted) return
    for (const host of options.hosts().filter((one) => !known.has(one))) {
      known.add(host)
      const before = heard.get(host)
      const { tail: _, ...whole } = request
      const asked = { ...whole, ...(before && { since: before.since() }) }
      const stream = await open(host, { ...options, request: asked }, before ? TOLD_BEFORE : pieces)
      if (stream === undefined && before) known.delete(host)
      if (stream === undefined) continue
      opened.push(stream)
      void catchUp(stream, before?.missed() ?? (() => true))
    }
  }

  async function catchUp(stream: HostStream, isNew: (line: LogLine) => boolean): Promise<void> {
    for await (const line of noted(stream, stream.history())) {
      if (isNew(line)) await pieces.put({ lines: [line] })
    }
    await goOn(stream)
  }

  /** Until the host is lost: when it reports again, `joinNew` takes it up anew. */
  async function goOn(stream: HostStream): Promise<void> {
    const { note } = heardOf(stream)
    for await (const lines of live(stream, pieces)) {
      lines.forEach(note)
      await pieces.put({ lines })
    }
    opened.splice(opened.indexOf(stream), 1)
    known.delete(stream.host)
    await joinNew()
  }

  async function* noted(stream: HostStream, lines: AsyncGenerator<LogLine>): AsyncGenerator<LogLine> {
    const { note } = heardOf(stream)
    for await (const line of lines) {
      note(line)
      yield line
    }
  }

  function heardOf({ host }: HostStream): Heard {
    const own = heard.get(host) ?? createHeard(started)
    heard.set(host, own)
    return own
  }
}

/** A host that was lost is named once, however often it is tried again. */
const TOLD_BEFORE: Pick<Pieces<LogPiece>, 'put'> = { put: async () => {} }

interface HostStream {
  host: string
  channel: Channel
  frames: AsyncGenerator<Frame>
  /** The lines up to now; a failure ends them and is told as a missing piece. */
  history(): AsyncGenerator<LogLine>
}

async function open(
  host: string,
  { opener, request }: ReadLogs,
  pieces: Pick<Pieces<LogPiece>, 'put'>,
): Promise<HostStream | undefined> {
  const missing = (error: unknown) =>
    pieces.put({ missing: { host, error: errorFacts(error, 'SESSION_LOST') } })
  try {
    const channel = await opener.open(host, request)
    const frames = replies(channel)
    return { host, channel, frames, history: () => historyOf(frames, missing) }
  } catch (error) {
    missing(error)
    return undefined
  }
}

async function* historyOf(
  frames: AsyncGenerator<Frame>,
  missing: (error: unknown) => void,
): AsyncGenerator<LogLine> {
  try {
    for (let next = await frames.next(); !next.done; next = await frames.next()) {
      if (next.value.type === FRAME.live) return
      if (next.value.type === FRAME.lines) yield* jsonOf(next.value) as LogLine[]
    }
  } catch (error) {
    missing(error)
  }
}

async function* live({ host, frames }: HostStream, pieces: Pieces<LogPiece>): AsyncGenerator<LogLine[]> {
  try {
    for await (const frame of frames) {
      if (frame.type === FRAME.lines) yield jsonOf(frame) as LogLine[]
    }
  } catch (error) {
    await pieces.put({ missing: { host, error: errorFacts(error, 'SESSION_LOST') } })
  }
}

async function* inBatches(lines: AsyncIterable<LogLine>): AsyncGenerator<LogPiece> {
  let batch: LogLine[] = []
  for await (const line of lines) {
    batch.push(line)
    if (batch.length < BATCH) continue
    yield { lines: batch }
    batch = []
  }
  if (batch.length > 0) yield { lines: batch }
}

function byTime(a: LogLine, b: LogLine): number {
  return a.at < b.at ? -1 : a.at > b.at ? 1 : 0
}

interface Pieces<T> {
  /** Resolves when there is room for more. */
  put(piece: T): Promise<void>
  /** What is there now. */
  ready(): T[]
  /** What comes, until `end`. */
  all(): AsyncGenerator<T>
  end(): void
}

const MOST_PIECES = 64

/** A queue from many to one, with room for so many: who is too fast has to wait. */
function createPieces<T>(): Pieces<T> {
  const pieces: T[] = []
  let ended = false
  let wake = () => {}
  const writers: (() => void)[] = []
  return {
    async put(piece) {
      pieces.push(piece)
      wake()
      while (pieces.length > MOST_PIECES && !ended) {
        await new Promise<void>((resolve) => writers.push(resolve))
      }
    },
    ready: () => pieces.splice(0),
    async *all() {
      while (!ended) {
        yield* pieces.splice(0)
        for (const go of writers.splice(0)) go()
        if (pieces.length === 0 && !ended) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      }
    },
    end() {
      ended = true
      wake()
      for (const go of writers.splice(0)) go()
    },
  }
}
