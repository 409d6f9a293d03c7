import type { Channel } from '../../schemas/session/channel.ts'
import { FRAME, type Frame, jsonOf } from '../../schemas/session/frames.ts'
import type { LogLine, LogsRequest } from '../../schemas/session/request.ts'
import type { SessionOpener } from './open.ts'
import { replies } from './replies.ts'

/** The log lines of the tasks on one host, over a session with it. Each part throws when the session breaks off. */
export interface HostLog {
  host: string
  /** The lines up to now. */
  history(): AsyncGenerator<LogLine>
  /** After them what is written, as it comes. */
  live(): AsyncGenerator<LogLine[]>
  close(): void
}

/** @throws SetpointError as `SessionOpener.open` does */
export async function openHostLog(
  opener: Pick<SessionOpener, 'open'>,
  host: string,
  request: LogsRequest,
): Promise<HostLog> {
  const channel: Channel = await opener.open(host, request)
  const frames = replies(channel)
  return {
    host,
    history: () => historyOf(frames),
    live: () => liveOf(frames),
    close: () => void channel.close(),
  }
}

/** Leaves the frames open when it ends: `liveOf` reads on from there. */
async function* historyOf(frames: AsyncGenerator<Frame>): AsyncGenerator<LogLine> {
  for (let next = await frames.next(); !next.done; next = await frames.next()) {
    if (next.value.type === FRAME.live) return
    if (next.value.type === FRAME.lines) yield* jsonOf(next.value) as LogLine[]
  }
}

async function* liveOf(frames: AsyncGenerator<Frame>): AsyncGenerator<LogLine[]> {
  for await (const frame of frames) {
    if (frame.type === FRAME.lines) yield jsonOf(frame) as LogLine[]
  }
}
