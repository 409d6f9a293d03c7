import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { openLive } from '../../../controller/cli/client/live.ts'
import { SetpointError } from '../../../schemas/error.ts'
import type { Channel } from '../../../schemas/session/channel.ts'
import { FRAME, type Frame, jsonFrame } from '../../../schemas/session/frames.ts'
import type { ExecRequest } from '../../../schemas/session/request.ts'
import { startApi, type TestApi } from '../cli/api-at.ts'

let api: TestApi
afterEach(() => api.close())

const request: ExecRequest = { kind: 'exec', taskId: 't', argv: ['ls'], tty: false, environment: [] }
const call = { headers: {}, task: 'hello/web', request }
const tcp = () => ({ kind: 'url' as const, url: new URL(api.address) })

/** A task that says back what it hears, and ends when its input does. */
function echo(): Channel {
  const over = new AbortController()
  const frames: Frame[] = []
  let wake = () => {}
  return {
    signal: over.signal,
    async send(frame) {
      frames.push(frame.type === FRAME.inputEnd ? jsonFrame(FRAME.end, {}) : { ...frame, type: FRAME.output })
      wake()
    },
    async receive() {
      while (frames.length === 0 && !over.signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return frames.shift()
    },
    async close() {
      over.abort()
      wake()
    },
  }
}

describe('a live session', () => {
  it('carries frames both ways, until the task has ended', async () => {
    api = await startApi()
    api.service.openSession = async (...asked) => {
      api.service.calls.push(asked)
      return echo()
    }
    for (const endpoint of [tcp(), { kind: 'socket' as const, path: `${api.state}/api.sock` }]) {
      const live = await openLive(endpoint, call)
      for (const word of ['one', 'two']) await live.send({ type: FRAME.input, payload: Buffer.from(word) })
      await live.send({ type: FRAME.inputEnd, payload: Buffer.alloc(0) })
      const said: string[] = []
      for await (const { payload } of live.frames()) said.push(payload.toString())
      expect(said).toEqual(['one', 'two'])
    }
    expect(api.service.calls).toEqual([
      ['hello/web', request],
      ['hello/web', request],
    ])
  })

  it('closes the way to the task when the client goes', async () => {
    api = await startApi()
    const channel = echo()
    api.service.openSession = async () => channel
    const live = await openLive(tcp(), call)
    const gone = new Promise((resolve) => channel.signal.addEventListener('abort', resolve))
    live.close()
    await gone
  })

  it('tells why there is none', async () => {
    api = await startApi()
    api.service.openSession = async () => {
      throw new SetpointError('TASK_NOT_FOUND', 'There is no such task.', { hint: 'Look.' })
    }
    await expect(openLive(tcp(), call)).rejects.toMatchObject({ code: 'TASK_NOT_FOUND', hint: 'Look.' })
  })

  it('breaks off when the host does', async () => {
    api = await startApi()
    const channel = echo()
    api.service.openSession = async () => channel
    const live = await openLive(tcp(), call)
    await channel.close()
    await expect(live.frames().next()).rejects.toMatchObject({ code: 'SESSION_LOST' })
  })

  it.each([
    ['no token', {}, '/v1/session', 401],
    ['a wrong token', { authorization: 'Bearer x' }, '/v1/session', 401],
    [
      'a page of another site',
      { authorization: 'Bearer secret', origin: 'http://evil.example' },
      '/v1/session',
      401,
    ],
    ['another path', { authorization: 'Bearer secret' }, '/v1/status', 404],
  ])('is refused to %s', async (_, headers, path, status) => {
    api = await startApi('secret')
    const socket = new WebSocket(`${api.address.replace('http', 'ws')}${path}`, { headers })
    const answered = new Promise((resolve) =>
      socket.once('unexpected-response', (_, { statusCode }) => resolve(statusCode)),
    )
    socket.on('error', () => {})
    expect(await answered).toBe(status)
    expect(api.service.calls).toEqual([])
  })

  it('is refused to a name that only leads here (DNS rebinding)', async () => {
    api = await startApi()
    const socket = new WebSocket(`${api.address.replace('http', 'ws')}/v1/session`, {
      headers: { host: 'evil.example' },
    })
    const answered = new Promise((resolve) =>
      socket.once('unexpected-response', (_, { statusCode }) => resolve(statusCode)),
    )
    socket.on('error', () => {})
    expect(await answered).toBe(401)
  })

  it.each(['{', '{"task": 1}', '{"task": "x", "request": {"kind": "top", "taskId": "x"}}'])(
    'begins with an opening, not with %s',
    async (opening) => {
      api = await startApi()
      const socket = new WebSocket(`${api.address.replace('http', 'ws')}/v1/session`)
      socket.once('open', () => socket.send(opening))
      const answer = await new Promise<string>((resolve) =>
        socket.once('message', (data) => resolve(String(data))),
      )
      expect(JSON.parse(answer)).toMatchObject({ error: { code: 'USAGE' } })
      expect(api.service.calls).toEqual([])
    },
  )
})
