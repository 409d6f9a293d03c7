import { errorFacts } from '../../schemas/error.ts'
import { createHeard, type Heard } from '../../schemas/session/heard.ts'
import type { LogLine, LogsRequest } from '../../schemas/session/request.ts'
import type { LogPiece } from '../../schemas/status.ts'
import { type HostLog, openHostLog } from './host-log.ts'
import type { SessionOpener } from './open.ts'
import type { Pieces } from './pieces.ts'

export interface FollowedHostOptions {
  opener: Pick<SessionOpener, 'open'>
  /** What is asked of it at first. */
  request: LogsRequest
  /** Where what is written from now on goes, and that it does not answer. */
  pieces: Pick<Pieces<LogPiece>, 'put'>
  /** ISO time from which its lines count after a gap, where none had come before. */
  started: string
}

/** A host while its logs are read: it may refuse, be lost, and be there again. */
export interface FollowedHost {
  /** True while it is neither asked nor read: it can be begun. */
  isIdle(): boolean
  /** Asks for its lines, after a gap for those since; false when it does not answer, which is told once. */
  begin(): Promise<boolean>
  /** The lines up to now that have not come before. A failure ends them. */
  history(): AsyncGenerator<LogLine>
  /** Hands on what is written, until the host is lost; then it is idle. */
  follow(): Promise<void>
  close(): void
}

/** Nothing is asked of it yet. */
export function createFollowedHost(
  name: string,
  { opener, request, pieces, started }: FollowedHostOptions,
): FollowedHost {
  let isIdle = true
  let isClosed = false
  /** That it does not answer is told once until it does. */
  let isTold = false
  let log: HostLog | undefined
  let heard: Heard | undefined

  function asked(): LogsRequest {
    if (heard === undefined) return request
    const { tail: _, ...whole } = request
    return { ...whole, since: heard.since() ?? started }
  }

  function tellMissing(error: unknown): void {
    if (!isTold) void pieces.put({ missing: { host: name, error: errorFacts(error, 'SESSION_LOST') } })
    isTold = true
  }

  return {
    isIdle: () => isIdle,
    async begin() {
      isIdle = false
      try {
        log = await openHostLog(opener, name, asked())
        if (isClosed) log.close()
        return true
      } catch (error) {
        isIdle = true
        tellMissing(error)
        return false
      }
    },
    async *history() {
      const isNew = heard?.missed() ?? (() => true)
      heard ??= createHeard(started)
      try {
        for await (const line of log?.history() ?? []) {
          heard.note(line)
          if (isNew(line)) yield line
        }
        isTold = false
      } catch (error) {
        tellMissing(error)
      }
    },
    async follow() {
      try {
        for await (const lines of log?.live() ?? []) {
          for (const line of lines) heard?.note(line)
          await pieces.put({ lines })
        }
      } catch (error) {
        tellMissing(error)
      }
      isIdle = true
    },
    close() {
      isClosed = true
      log?.close()
    },
  }
}
