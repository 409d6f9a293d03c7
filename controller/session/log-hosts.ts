import { errorFacts } from '../../schemas/error.ts'
import { createHeard, type Heard } from '../../schemas/session/heard.ts'
import type { LogLine, LogsRequest } from '../../schemas/session/request.ts'
import type { LogPiece } from '../../schemas/status.ts'
import { type HostLog, openHostLog } from './host-log.ts'
import type { SessionOpener } from './open.ts'
import type { Pieces } from './pieces.ts'

export interface LogHostsOptions {
  opener: Pick<SessionOpener, 'open'>
  request: LogsRequest
  /** The hosts that may have tasks that are meant, now. */
  hosts: () => string[]
  /** Where goes what comes after the history, and which hosts do not answer. */
  pieces: Pick<Pieces<LogPiece>, 'put'>
}

/** The hosts whose logs are read. */
export interface LogHosts {
  /** Begins with those that there are now. */
  open(): Promise<void>
  /** The lines of each of them up to now. */
  histories(): AsyncGenerator<LogLine>[]
  /** Follows them once their histories have been read. */
  follow(): Promise<void>
  /** Takes up those that have come since, and those that are there again: their lines come as pieces. */
  joinNew(): Promise<void>
  close(): void
}

/** A host that does not answer keeps no other from being read, and is named once, however often it is tried again. */
export function createLogHosts({ opener, request, hosts, pieces }: LogHostsOptions): LogHosts {
  const started = new Date().toISOString()
  const known = new Set<string>()
  /** Those that could not be opened yet: they are asked again for what was asked for. */
  const failed = new Set<string>()
  const heard = new Map<string, Heard>()
  const opened = new Set<HostLog>()
  let first: HostLog[] = []
  let closed = false

  async function open(host: string, asked: LogsRequest): Promise<HostLog | undefined> {
    known.add(host)
    const isNamed = heard.has(host) || failed.has(host)
    try {
      const log = await openHostLog(opener, host, asked)
      failed.delete(host)
      opened.add(log)
      if (closed) log.close()
      return log
    } catch (error) {
      known.delete(host)
      if (!heard.has(host)) failed.add(host)
      if (!isNamed) void tellMissing(host, error)
      return undefined
    }
  }

  /** What comes from a host that joins later stands after the histories of the first. */
  async function joinNew(): Promise<void> {
    if (!request.follow || closed) return
    for (const host of hosts()) {
      if (known.has(host)) continue
      const before = heard.get(host)
      const { tail: _, ...whole } = request
      const asked = failed.has(host) ? request : whole
      const log = await open(host, { ...asked, ...(before && { since: before.since() ?? started }) })
      if (log) void catchUp(log, before)
    }
  }

  async function catchUp(log: HostLog, before: Heard | undefined): Promise<void> {
    const isNew = before?.missed() ?? (() => true)
    for await (const line of history(log, before !== undefined)) {
      if (isNew(line)) await pieces.put({ lines: [line] })
    }
    await goOn(log)
  }

  /** Hands its live lines on until the host is lost; when it reports again, `joinNew` takes it up anew. */
  async function goOn(log: HostLog): Promise<void> {
    const { note } = heardOf(log)
    try {
      for await (const lines of log.live()) {
        lines.forEach(note)
        await pieces.put({ lines })
      }
    } catch (error) {
      await tellMissing(log.host, error)
    }
    opened.delete(log)
    known.delete(log.host)
    await joinNew()
  }

  /** A failure ends it, and is told unless that was done when the host was lost. */
  async function* history(log: HostLog, isBack: boolean): AsyncGenerator<LogLine> {
    const { note } = heardOf(log)
    try {
      for await (const line of log.history()) {
        note(line)
        yield line
      }
    } catch (error) {
      if (!isBack) void tellMissing(log.host, error)
    }
  }

  function heardOf({ host }: HostLog): Heard {
    const own = heard.get(host) ?? createHeard(started)
    heard.set(host, own)
    return own
  }

  function tellMissing(host: string, error: unknown): Promise<void> {
    return pieces.put({ missing: { host, error: errorFacts(error, 'SESSION_LOST') } })
  }

  return {
    async open() {
      const found = await Promise.all(hosts().map((host) => open(host, request)))
      first = found.filter((log) => log !== undefined)
    },
    histories: () => first.map((log) => history(log, false)),
    follow() {
      for (const log of first) void goOn(log)
      return joinNew()
    },
    joinNew,
    close() {
      closed = true
      for (const log of opened) log.close()
    },
  }
}
