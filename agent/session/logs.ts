import { mergeInOrder } from '../../schemas/common/merge.ts'
import type { Channel } from '../../schemas/session/channel.ts'
import { FRAME, jsonFrame } from '../../schemas/session/frames.ts'
import { byTime, type LogLine, type LogsRequest } from '../../schemas/session/request.ts'
import { type LogReader, openLog } from '../runtime/logs/reader.ts'
import type { Known } from '../task/tasks.ts'
import type { Reach } from './reach.ts'

/** A task's log, from where it is asked for. */
interface Source {
  task: Known['task']
  reader: LogReader
}

/** Letters of text that are put into one frame, about. */
const BATCH = 32 * 1024
/** Milliseconds between two looks for tasks that have come or gone. */
const LOOK = 500

/**
 * Sends the lines of all tasks that are meant, in the order of their time; then says that it has caught up, and with
 * `follow` goes on with what is written, until the other end has enough.
 */
export async function sendLogs(asked: LogsRequest, channel: Channel, reach: Reach): Promise<void> {
  const request = { ...asked, ...exact('since', asked.since), ...exact('until', asked.until) }
  const sources = await Promise.all(meant(request, reach).map((known) => openSource(known, request, reach)))
  try {
    await sendAll(
      channel,
      mergeInOrder(
        sources.map((source) => history(source, request)),
        byTime,
      ),
    )
    await channel.send(jsonFrame(FRAME.live, {}))
    if (request.follow) await follow(sources, { request, channel, reach })
  } finally {
    await Promise.all(sources.map(({ reader }) => reader.close()))
  }
}

/** The time with as many digits as those of log lines, so that the two compare as text. */
function exact(name: 'since' | 'until', at: string | undefined): Pick<LogsRequest, 'since' | 'until'> {
  return at === undefined ? {} : { [name]: `${new Date(at).toISOString().slice(0, -1)}000000Z` }
}

function meant({ stack, service, taskId }: LogsRequest, { tasks }: Reach): Known[] {
  return tasks
    .known()
    .filter(({ task }) => task.stack === stack && task.container.logging?.driver !== 'none')
    .filter(({ task }) => (service ?? task.service) === task.service && (taskId ?? task.id) === task.id)
}

async function openSource({ task }: Known, { tail }: LogsRequest, { paths }: Reach): Promise<Source> {
  return { task, reader: await openLog(paths.task(task.id), tail) }
}

async function* history(source: Source, request: LogsRequest): AsyncGenerator<LogLine> {
  for await (const lines of source.reader.history()) yield* wanted(lines, source, request)
  if (!request.follow) yield* wanted(source.reader.rest(), source, request)
}

type Line = Pick<LogLine, 'at' | 'stream' | 'text'>

function wanted(lines: Line[], { task }: Source, { since, until }: LogsRequest): LogLine[] {
  return lines
    .filter(({ at }) => (since === undefined || at >= since) && (until === undefined || at <= until))
    .map((line) => ({ taskId: task.id, service: task.service, slot: task.slot, ...line }))
}

async function sendAll(channel: Channel, lines: AsyncIterable<LogLine>): Promise<void> {
  let batch: LogLine[] = []
  let letters = 0
  for await (const line of lines) {
    if (letters + line.text.length > BATCH) await send()
    batch.push(line)
    letters += line.text.length + 100
  }
  if (batch.length > 0) await send()

  async function send(): Promise<void> {
    if (batch.length > 0) await channel.send(jsonFrame(FRAME.lines, batch))
    batch = []
    letters = 0
  }
}

interface Following {
  request: LogsRequest
  channel: Channel
  reach: Reach
}

/** Every source goes on for itself; tasks that start later are read from their beginning, those that go to their end. */
async function follow(sources: Source[], following: Following): Promise<void> {
  const { request, channel, reach } = following
  const ends = new Map<string, AbortController>()
  const over = endOf(request, channel.signal)
  const works = new Set<Promise<void>>()
  const begin = (source: Source) => {
    const end = new AbortController()
    ends.set(source.task.id, end)
    const work = send(source, AbortSignal.any([over, end.signal]), following)
    works.add(work)
    void work.catch(() => {}).finally(() => works.delete(work))
  }
  const look = async () => {
    const known = meant(request, reach)
    for (const [id, end] of ends) if (!known.some(({ task }) => task.id === id)) end.abort()
    for (const one of known.filter(({ task }) => !ends.has(task.id))) {
      const { tail: _, ...whole } = request
      const source = await openSource(one, whole, reach)
      sources.push(source)
      begin(source)
    }
  }
  for (const source of sources) begin(source)
  while (!over.aborted) {
    await pause(LOOK, over)
    if (!over.aborted) await look()
  }
  await Promise.allSettled(works)
}

/** Aborts when nobody listens any more, or when `until` has come. */
function endOf({ until }: LogsRequest, signal: AbortSignal): AbortSignal {
  if (until === undefined) return signal
  return AbortSignal.any([signal, AbortSignal.timeout(Math.max(0, Date.parse(until) - Date.now()))])
}

async function send(source: Source, signal: AbortSignal, { request, channel }: Following): Promise<void> {
  for await (const lines of source.reader.live(signal)) {
    await sendAll(channel, each(wanted(lines, source, request)))
  }
}

async function* each<T>(items: T[]): AsyncGenerator<T> {
  yield* items
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
  })
}
