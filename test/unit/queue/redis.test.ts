import { afterEach, describe, expect, it } from 'vitest'
import { closeRedis, connectRedis, type Redis, reaching, whenReady } from '../../../controller/redis.ts'
import { SetpointError } from '../../../schemas/error.ts'
import { redisName, redisOptions, redisProblem } from '../../../schemas/wire.ts'
import { aLog } from '../../support/jobs.ts'
import { useRedis } from '../../support/redis.ts'

describe('the address of a Redis', () => {
  it.each([
    ['redis://localhost', { host: 'localhost', port: 6379 }],
    ['redis://:p%40ss@10.0.0.1:7000/3', { host: '10.0.0.1', port: 7000, password: 'p@ss', db: 3 }],
    [
      'rediss://me:secret@redis.example',
      { host: 'redis.example', port: 6379, username: 'me', password: 'secret', tls: {} },
    ],
    ['redis://[::1]:6380', { host: '::1', port: 6380 }],
    ['unix:///var/lib/a%20b/redis.sock', { path: '/var/lib/a b/redis.sock' }],
    ['unix:///r.sock?db=2', { path: '/r.sock', db: 2 }],
  ])('%s', (url, options) => {
    expect(redisOptions(url)).toEqual(options)
  })

  it.each(['', 'localhost:6379', 'http://localhost', 'unix://', 'unix://host/r.sock', 'redis://', '/r.sock'])(
    'is refused: %j',
    (url) => {
      expect(() => redisOptions(url)).toThrow(expect.objectContaining({ code: 'USAGE' }))
    },
  )

  it('shows no password', () => {
    expect(redisName('rediss://me:se@cr/et@host:1/0')).toBe('rediss://host:1/0')
    expect(() => redisOptions('redis://me:secret@')).toThrow(/^redis:\/\/ is no address/)
  })
})

describe('a connection', () => {
  const redis = useRedis()
  const clients: Redis[] = []
  afterEach(() => {
    for (const client of clients.splice(0)) closeRedis(client)
  })

  function connect(log = aLog()): Redis {
    const client = connectRedis(redis.url, log)
    clients.push(client)
    return client
  }

  /** Not `once` of node:events, which rejects at the first 'error'. */
  const next = (client: Redis, event: string) => new Promise((resolve) => client.once(event, resolve))

  it('fails what waits and what comes while Redis is away, and says so without the words of a library', async () => {
    const client = connect()
    await whenReady(client)
    const waiting = client.xread('BLOCK', 0, 'STREAMS', 'none', '0').catch(redisProblem)
    await redis.kill()
    expect(await waiting).toBe('the connection to Redis is lost')
    expect(await client.ping().catch(redisProblem)).toBe('the connection to Redis is lost')
    expect(redisProblem(new Error('NOPERM this user has no permissions.'))).toBe(
      'NOPERM this user has no permissions',
    )
    await redis.restart()
  })

  it('tells of an outage once, and of its end', async () => {
    const log = aLog()
    const client = connect(log)
    await whenReady(client)
    await redis.kill()
    for (let failures = 0; failures < 3; failures++) await next(client, 'reconnecting')
    await redis.restart()
    await whenReady(client)
    expect(log.lines).toEqual(['error Redis does not answer; trying again', 'info Redis answers again'])
  })

  it('keeps no command for later', async () => {
    const client = connect()
    await whenReady(client)
    await redis.kill()
    if (client.status === 'ready') await next(client, 'close')
    await expect(client.set('stale', '1')).rejects.toThrow()
    await redis.restart()
    await whenReady(client)
    expect(await client.get('stale')).toBeNull()
  })

  it('is waited for no longer than asked', async () => {
    await redis.kill()
    const client = connect()
    await expect(whenReady(client, 50)).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    const waiting = expect(whenReady(client, 60_000)).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    closeRedis(client)
    await waiting
    await expect(whenReady(client, 60_000)).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    await redis.restart()
  })
})

describe('reaching', () => {
  it('keeps the errors that say more', async () => {
    const refused = new SetpointError('NOT_LEADER', 'no')
    await expect(reaching(() => Promise.reject(refused), 1_000)).rejects.toBe(refused)
  })

  it('tells the work when it is too late', async () => {
    let late: AbortSignal | undefined
    const never = new Promise<void>(() => {})
    const work = (signal: AbortSignal) => {
      late = signal
      return never
    }
    await expect(reaching(work, 5)).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    expect(late?.aborted).toBe(true)
  })
})
