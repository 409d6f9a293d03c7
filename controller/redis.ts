import { Redis, type RedisOptions } from 'ioredis'
import { messageOf, SetpointError } from '../schemas/error.ts'
import type { Log } from '../schemas/log.ts'
import { FAILING_AT_ONCE, REDIS_TIMEOUT, redisName, redisOptions, redisProblem } from '../schemas/wire.ts'

export type { Redis } from 'ioredis'

/** Its type would ask for a mapping that a connection has anyway. */
type Options = Omit<RedisOptions, 'replyMapping'>

/**
 * A connection that fails at once rather than later: while Redis is away a command rejects, none is kept to be
 * sent when it may be out of date. It reconnects by itself for ever, and tells of an outage once.
 * Fit for a BullMQ `Queue`, not for a `Worker`.
 * @throws SetpointError USAGE when `url` is no address of a Redis
 */
export function connectRedis(url: string, log: Log, options: Options = {}): Redis {
  const settings: Options = {
    ...redisOptions(url),
    ...FAILING_AT_ONCE,
    ...options,
  }
  const client = new Redis(settings)
  tellOfOutages(client, redisName(url), log)
  return client
}

/** Ends a connection for good, and lets go whoever waits for it. */
export function closeRedis(client: Redis): void {
  closed.add(client)
  client.disconnect()
  client.emit(CLOSED)
}

/** ioredis emits `end` only when it was connected. */
const CLOSED = 'setpoint:closed'
const closed = new WeakSet<Redis>()

/**
 * Resolves once the connection can be used.
 * @throws SetpointError REDIS_UNREACHABLE after `timeout` ms, or when the connection is closed for good
 */
export async function whenReady(client: Redis, timeout: number = REDIS_TIMEOUT): Promise<void> {
  if (closed.has(client)) throw unreachable('the connection was closed')
  if (client.status === 'ready') return
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onClosed = () => reject(unreachable('the connection was closed'))
  const timer = setTimeout(() => reject(unreachable(`no connection within ${timeout} ms`)), timeout)
  client.once('ready', resolve).once(CLOSED, onClosed)
  try {
    await promise
  } finally {
    clearTimeout(timer)
    client.off('ready', resolve).off(CLOSED, onClosed)
  }
}

/**
 * What `work` comes to, if that is within `timeout` ms; the signal tells it that it is too late.
 * @throws SetpointError: the one that `work` threw, or REDIS_UNREACHABLE for anything else
 */
export async function reaching<T>(work: (signal: AbortSignal) => Promise<T>, timeout: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const abort = new AbortController()
  const timer = setTimeout(() => {
    abort.abort()
    reject(unreachable(`no answer within ${timeout} ms`))
  }, timeout)
  try {
    return await Promise.race([work(abort.signal), late])
  } catch (error) {
    throw error instanceof SetpointError ? error : unreachable(redisProblem(error))
  } finally {
    clearTimeout(timer)
  }
}

function tellOfOutages(client: Redis, redis: string, log: Log): void {
  let away = false
  client.on('error', (error) => {
    if (!away) log.error({ redis, problem: messageOf(error) }, 'Redis does not answer; trying again')
    away = true
  })
  client.on('ready', () => {
    if (away) log.info({ redis }, 'Redis answers again')
    away = false
  })
}

/** Without a cause: an ioredis error carries the command with its arguments, which must not reach a log. */
function unreachable(why: string): SetpointError {
  return new SetpointError('REDIS_UNREACHABLE', `Redis does not answer: ${why}.`, {
    hint: 'Is redis-server running, and does --redis name it? Running containers are not affected.',
  })
}

const SCANNED_AT_ONCE = 1_000

/** Removes the keys that a pattern matches (Redis SCAN, MATCH); repeatable, and done key by key. */
export async function unlinkAll(client: Redis, pattern: string): Promise<void> {
  for await (const keys of client.scanStream({ match: pattern, count: SCANNED_AT_ONCE })) {
    if (keys.length > 0) await client.unlink(...(keys as string[]))
  }
}
