import { mergeInOrder } from '../../schemas/common/merge.ts'
import { byTime, type LogLine } from '../../schemas/session/request.ts'
import type { LogPiece } from '../../schemas/status.ts'
import { createLogHosts, type LogHostsOptions } from './log-hosts.ts'
import { createPieces } from './pieces.ts'

export interface ReadLogs extends Omit<LogHostsOptions, 'pieces'> {
  /** Calls the listener when other hosts may be meant; returns how to stop that. */
  onChange: (listener: () => void) => () => void
  /** Ends it. */
  signal: AbortSignal
}

/**
 * The log lines of tasks on any number of hosts: first what there is, in the order of time; then, with `follow`, what is
 * written, as it comes, also on hosts that get a task later. A host that does not answer keeps no other from being read; one
 * that is lost while it is followed is told of, and what it wrote meanwhile comes once it is there again.
 */
export async function* readLogs({ onChange, signal, ...options }: ReadLogs): AsyncGenerator<LogPiece> {
  const pieces = createPieces<LogPiece>()
  const hosts = createLogHosts({ ...options, pieces })
  const end = () => {
    hosts.close()
    pieces.end()
  }
  const stopListening = onChange(() => void hosts.joinNew())
  await hosts.open()
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  try {
    yield* pieces.ready()
    yield* inBatches(mergeInOrder(hosts.histories(), byTime))
    yield* pieces.ready()
    if (!options.request.follow) return
    await hosts.follow()
    yield* pieces.all()
  } finally {
    stopListening()
    signal.removeEventListener('abort', end)
    end()
  }
}

/** Lines that are handed on together. */
const BATCH = 200

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
