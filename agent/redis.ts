import { Redis } from 'ioredis'
import type { Log } from '../schemas/log.ts'
import { FAILING_AT_ONCE, REDIS_TIMEOUT, redisName, redisOptions } from '../schemas/wire.ts'

/**
 * A connection for reports: while Redis is away a command rejects at once and none is kept, since the next snapshot
 * says all that counts. It reconnects by itself for ever, and tells of an outage once.
 */
export function connectRedis(url: string, log: Log): Redis {
  const redis = redisName(url)
  const client = new Redis({
    ...redisOptions(url),
    ...FAILING_AT_ONCE,
  })
  let away = false
  client.on('error', ({ message }) => {
    if (!away) log.warn({ redis, problem: message }, 'Redis does not answer; the tasks run on')
    away = true
  })
  client.on('ready', () => {
    if (away) log.info({ redis }, 'Redis answers again')
    away = false
  })
  return client
}

/** The connection, once it can be used. @throws Error when it cannot within REDIS_TIMEOUT; it is closed then */
export async function whenReady(client: Redis): Promise<Redis> {
  if (client.status === 'ready') return client
  const { promise, resolve, reject } = Promise.withResolvers<Redis>()
  const ready = () => resolve(client)
  const timer = setTimeout(() => reject(new Error('Redis does not answer')), REDIS_TIMEOUT)
  client.once('ready', ready)
  try {
    return await promise
  } catch (error) {
    client.disconnect()
    throw error
  } finally {
    clearTimeout(timer)
    client.off('ready', ready)
  }
}
