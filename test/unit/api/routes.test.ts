import { once } from 'node:events'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { buildApp } from '../../../controller/api/app.ts'
import { type Changes, followChanges } from '../../../controller/api/changes.ts'
import { SetpointError } from '../../../schemas/error.ts'
import { aStack, aStatus, EARLIER, type FakeService, fakeService } from './fake-service.ts'

let service: FakeService
let app: FastifyInstance
let changes: Changes

function start(): FastifyInstance {
  service = fakeService()
  changes = followChanges(service)
  app = buildApp({
    service,
    changes,
    guard: { kind: 'none' },
    log: pino({ level: 'silent' }),
    address: () => 'http://127.0.0.1:7070',
  })
  return app
}

afterEach(async () => {
  changes.close()
  await app.close()
})

describe('reading', () => {
  it('gives the status, whole or of one stack, with a tag', async () => {
    start()
    const whole = await app.inject('/v1/status')
    expect(whole.json()).toEqual(service.document)
    expect(whole.headers.etag).toBe(changes.tag())
    expect((await app.inject('/v1/status?stack=hello')).json().stacks).toHaveLength(1)
  })

  it('says 404 with code, message and hint for an unknown stack', async () => {
    start()
    for (const url of ['/v1/status?stack=nope', '/v1/stacks/nope/history', '/v1/logs?stack=nope']) {
      const answer = await app.inject(url)
      expect(answer.statusCode).toBe(404)
      expect(answer.json()).toEqual({
        error: { code: 'STACK_NOT_FOUND', message: 'there is no stack "nope"', hint: 'see setpoint status' },
      })
    }
  })

  it('passes the rest on', async () => {
    start()
    expect((await app.inject('/v1/drift?stack=hello')).json()).toEqual({ drift: [] })
    expect((await app.inject('/v1/stacks/hello/history')).json()).toEqual({ stack: 'hello', entries: [] })
    expect((await app.inject('/v1/logs?stack=hello&target=web&tail=7&since=2026-01-01T10:00Z')).body).toBe('')
    expect((await app.inject('/v1/processes?task=hello/web')).json()).toMatchObject({ taskId: 'hello/web' })
    expect(service.calls).toEqual([
      ['drift', 'hello'],
      ['logs', { stack: 'hello', target: 'web', tail: 7, since: '2026-01-01T10:00:00.000Z', follow: false }],
      ['processes', 'hello/web'],
    ])
    expect((await app.inject('/v1/version')).json()).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      address: 'http://127.0.0.1:7070',
    })
    expect((await app.inject('/healthz')).json()).toEqual({ ok: true })
  })

  it('refuses what it does not know: paths, queries and values', async () => {
    start()
    const answers = await Promise.all(
      ['/v2/status', '/v1/status?stak=hello', '/v1/logs?stack=hello&since=yesterday'].map((url) =>
        app.inject(url),
      ),
    )
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 400, 400])
    expect(answers.map((answer) => answer.json().error.code)).toEqual(['USAGE', 'USAGE', 'USAGE'])
    expect(answers[0]?.json().error.message).toBe('the API has no GET /v2/status')
  })

  it('keeps an unforeseen error to the log', async () => {
    start()
    service.drift = () => {
      throw new Error('the password is hunter2')
    }
    const answer = await app.inject('/v1/drift')
    expect(answer.statusCode).toBe(500)
    expect(answer.json().error.code).toBe('INTERNAL')
    expect(answer.body).not.toContain('hunter2')
  })
})

describe('changes', () => {
  it('answers when the status changes', async () => {
    start()
    const waits = someoneWaits()
    const poll = app.inject({ url: '/v1/status/changes', headers: { 'if-none-match': changes.tag() } })
    await waits
    service.change(aStatus(aStack({ outcome: 'rolling' })))
    expect((await poll).json().stacks[0].outcome).toBe('rolling')
  })

  it('answers at once to a client that has missed a change', async () => {
    start()
    const seen = changes.tag()
    service.change(aStatus(aStack({ outcome: 'degraded' })))
    const answer = await app.inject({ url: '/v1/status/changes', headers: { 'if-none-match': seen } })
    expect(answer.json().stacks[0].outcome).toBe('degraded')
    expect(answer.headers.etag).not.toBe(seen)
  })

  it('answers with the same tag after the timeout, and to all when the API closes', async () => {
    start()
    expect((await app.inject('/v1/status/changes?timeout=1')).headers.etag).toBe(changes.tag())
    const waits = someoneWaits()
    const patient = app.inject('/v1/status/changes?timeout=60000')
    await waits
    changes.close()
    expect((await patient).statusCode).toBe(200)
  })
})

describe('acting', () => {
  it('rolls back, to a revision or to the one before', async () => {
    start()
    const url = '/v1/stacks/hello/rollback'
    const answer = await app.inject({ method: 'POST', url })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({ ...service.document, to: EARLIER })
    expect((await app.inject({ method: 'POST', url, payload: { revision: 'c0ffee' } })).statusCode).toBe(200)
    expect(service.calls).toEqual([
      ['rollback', 'hello', undefined],
      ['rollback', 'hello', 'c0ffee'],
    ])
  })

  it('refuses a body that it does not understand, and one that is too large', async () => {
    start()
    const post = (url: string, payload: object) => app.inject({ method: 'POST', url, payload })
    for (const body of [{ revison: 'c0ffee' }, { revision: 7 }, ['c0ffee']]) {
      const answer = await post('/v1/stacks/hello/rollback', body)
      expect(answer.statusCode).toBe(400)
      expect(answer.json().error.message).toContain('The body of a rollback is')
    }
    expect((await post('/v1/stacks/hello/rollback', { revision: 'x'.repeat(70_000) })).statusCode).toBe(413)
    expect((await post('/v1/plan', { stacks: [], filler: 'x'.repeat(9 * 1024 * 1024) })).statusCode).toBe(413)
    expect(service.calls).toEqual([])
  })

  it('plans candidates only when they are stacks', async () => {
    start()
    const wrong = await app.inject({
      method: 'POST',
      url: '/v1/plan',
      payload: { stacks: [{ name: 'web' }] },
    })
    expect(wrong.statusCode).toBe(400)
    expect(wrong.json().error.message).toContain('/stacks/0')
    const none = await app.inject({ method: 'POST', url: '/v1/plan', payload: { stacks: [] } })
    expect(none.json()).toEqual({ stacks: [] })
    expect(service.calls).toEqual([['plan', []]])
  })

  it('syncs, and tells with the right status what stands in the way', async () => {
    start()
    expect((await app.inject({ method: 'POST', url: '/v1/sync' })).json()).toEqual(service.document)
    service.sync = () => Promise.reject(new SetpointError('NOT_LEADER', 'another controller leads'))
    expect((await app.inject({ method: 'POST', url: '/v1/sync' })).statusCode).toBe(503)
  })
})

/** Resolves when a request has begun to wait for a change. */
function someoneWaits(): Promise<void> {
  const next = changes.next
  return new Promise((resolve) => {
    changes.next = (...args) => {
      const waiting = next(...args)
      resolve()
      return waiting
    }
  })
}

describe('volumes', () => {
  it('are listed and removed as it is asked', async () => {
    start()
    expect((await app.inject('/v1/volumes?stack=hello&size=true')).json()).toEqual({
      volumes: [],
      missing: [],
      unread: [],
    })
    const payload = { names: ['a'], host: 'alpha' }
    const removed = await app.inject({ method: 'POST', url: '/v1/volumes/remove', payload })
    expect(removed.json()).toEqual({ removed: [{ name: 'a', host: 'alpha' }], absent: [] })
    expect(service.calls).toEqual([
      ['volumes', { stack: 'hello', size: true, unused: false }],
      ['removeVolumes', payload],
    ])
  })

  it('are removed as long as somebody waits for the answer', async () => {
    start()
    const asked = Promise.withResolvers<AbortSignal>()
    service.removeVolumes = async (_query, signal) => {
      asked.resolve(signal)
      await once(signal, 'abort')
      throw new SetpointError('VOLUME_KEPT', 'Nobody waits.')
    }
    const address = await app.listen({ host: '127.0.0.1', port: 0 })
    const leaving = new AbortController()
    const answer = fetch(`${address}/v1/volumes/remove`, {
      ...{ method: 'POST', body: '{"names":["a"]}', signal: leaving.signal },
      headers: { 'content-type': 'application/json' },
    })
    const signal = await asked.promise
    await fetch(`${address}/v1/version`)
    expect(signal.aborted).toBe(false)
    leaving.abort()
    await expect(answer).rejects.toThrow()
    if (!signal.aborted) await once(signal, 'abort')
  })

  it.each([
    ['GET', '/v1/volumes?size=perhaps', undefined],
    ['GET', '/v1/volumes?all=true', undefined],
    ['POST', '/v1/volumes/remove', {}],
    ['POST', '/v1/volumes/remove', { names: [] }],
    ['POST', '/v1/volumes/remove', { names: 'a', all: true }],
    ['POST', '/v1/volumes/remove', { names: Array.from({ length: 101 }, () => 'a') }],
  ] as const)('are left alone by %s %s %j', async (method, url, payload) => {
    start()
    const answer = await app.inject({ method, url, ...(payload && { payload }) })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().error.code).toBe('USAGE')
    expect(service.calls).toEqual([])
  })
})

it('processes are those of a task or of a stack, not of both', async () => {
  start()
  expect((await app.inject('/v1/processes?stack=hello')).json().stack).toBe('hello')
  expect((await app.inject('/v1/processes?task=t')).json().taskId).toBe('t')
  for (const query of ['', '?task=t&stack=hello']) {
    expect((await app.inject(`/v1/processes${query}`)).json().error.code).toBe('USAGE')
  }
})
