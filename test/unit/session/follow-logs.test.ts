import { describe, expect, it } from 'vitest'
import { readLogs } from '../../../controller/session/logs.ts'
import { SetpointError } from '../../../schemas/error.ts'
import type { Channel } from '../../../schemas/session/channel.ts'
import { FRAME, type Frame, jsonFrame } from '../../../schemas/session/frames.ts'
import type { LogLine, LogsRequest, SessionRequest } from '../../../schemas/session/request.ts'
import type { LogPiece } from '../../../schemas/status.ts'

const AT = Date.parse('2090-01-01T00:00:00.000Z')
const line = (taskId: string, second: number): LogLine => ({
  ...{ taskId, service: 'app', slot: 1, stream: 'stdout', text: `${taskId} ${second}` },
  at: new Date(AT + second * 1_000).toISOString(),
})
const lines = (...given: LogLine[]) => jsonFrame(FRAME.lines, given)
const LIVE = jsonFrame(FRAME.live, {})
const LOST = new SetpointError('SESSION_LOST', 'one has said nothing for 30 s.')

/** A session that gives frames, and then fails, or stays open. */
function aChannel(frames: Frame[], failure?: Error): Channel {
  const never = new Promise<undefined>(() => {})
  return {
    send: async () => {},
    receive: () => {
      const next = frames.shift()
      if (next) return Promise.resolve(next)
      return failure ? Promise.reject(failure) : never
    },
    signal: new AbortController().signal,
    close: async () => {},
  }
}

/** Follows; each time that a host is opened the next of `sessions` answers, or fails. */
function following(sessions: (Channel | Error)[], request: Partial<LogsRequest> = {}) {
  const asked: SessionRequest[] = []
  const abort = new AbortController()
  let hosts = ['one']
  let change = () => {}
  const pieces = readLogs({
    opener: {
      open: async (_host, request) => {
        asked.push(request)
        const next = sessions.shift()
        if (next instanceof Error || !next) throw next
        return next
      },
    },
    request: { kind: 'logs', stack: 'web', follow: true, ...request },
    hosts: () => hosts,
    onChange: (listener) => {
      change = listener
      return () => {}
    },
    signal: abort.signal,
  })
  return {
    asked,
    async next(): Promise<string[] | string> {
      const { value } = (await pieces.next()) as { value: LogPiece }
      return 'lines' in value ? value.lines.map(({ text }) => text) : `${value.missing.host} is missing`
    },
    report(ready: string[]) {
      hosts = ready
      change()
    },
    end: () => abort.abort(),
  }
}

describe('who follows logs', () => {
  it('has what a host wrote while it was lost, once that reports again, and nothing twice', async () => {
    const before = aChannel([lines(line('a', 1)), LIVE, lines(line('a', 20), line('b', 21))], LOST)
    const missed = [line('a', 20), line('b', 21), line('a', 22), line('c', 15), line('b', 23)]
    const after = aChannel([lines(...missed), LIVE, lines(line('a', 24))])
    const { next, report, asked, end } = following([before, after], { tail: 5 })
    expect(await next()).toEqual(['a 1'])
    report([])
    expect(await next()).toEqual(['a 20', 'b 21'])
    expect(await next()).toBe('one is missing')
    report(['one'])
    const came = [await next(), await next(), await next(), await next()].flat()
    expect(came).toEqual(['a 22', 'c 15', 'b 23', 'a 24'])
    expect(asked).toMatchObject([{ tail: 5 }, { since: line('', 11).at }])
    expect(asked[1]).not.toHaveProperty('tail')
    end()
  })

  it('has the lines of a host that could not be asked at first, as when the controller had just begun', async () => {
    const later = aChannel([lines(line('a', 1)), LIVE, lines(line('a', 2))])
    const { next, report, asked, end } = following([LOST, later], { tail: 5 })
    expect(await next()).toBe('one is missing')
    const first = next()
    report(['one'])
    expect(await first).toEqual(['a 1'])
    expect(await next()).toEqual(['a 2'])
    expect(asked).toMatchObject([{ tail: 5 }, { tail: 5 }])
    end()
  })

  it('is told once of a host that stays away, however often it is tried', async () => {
    const again = aChannel([lines(line('a', 2)), LIVE])
    const { next, report, end } = following([aChannel([LIVE], LOST), LOST, LOST, LOST, again])
    expect(await next()).toBe('one is missing')
    const came = next()
    for (let n = 0; n < 4; n++) {
      await new Promise(setImmediate)
      report(['one'])
    }
    expect(await came).toEqual(['a 2'])
    end()
  })

  it('opens a host once that comes while there is still history to read, and has its lines after that', async () => {
    const one = aChannel([lines(...Array.from({ length: 201 }, (_, n) => line('a', n))), LIVE])
    const two = aChannel([lines(line('b', 1)), LIVE, lines(line('b', 2))])
    const three = aChannel([LIVE])
    const { next, report, asked, end } = following([one, two, three])
    expect(await next()).toHaveLength(200)
    report(['one', 'two', 'three'])
    report(['one', 'two', 'three'])
    for (let n = 0; n < 4; n++) await new Promise(setImmediate)
    expect([await next(), await next(), await next()]).toEqual([['a 200'], ['b 1'], ['b 2']])
    expect(asked).toHaveLength(3)
    end()
  })
})
