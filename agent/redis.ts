import { Redis } from 'ioredis'
import type { Log } from '../schemas/log.ts'
import { redisName, redisOptions } from '../schemas/wire.ts'

const COMMAND_TIMEOUT = 5_000

/**
 * A connection for reports: while Redis is away a command rejects at once and none is kept, since the next snapshot
 * says all that counts. It reconnects by itself for ever, and tells of an outage once.
 */
export function connectRedis(url: string, log: Log): Redis {
  const redis = redisName(url)
  const client = new Redis({
    ...redisOptions(url),
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT,
    connectTimeout: COMMAND_TIMEOUT,
    // a half-open connection is found by the heartbeat that waits on it
    socketTimeout: 2 * COMMAND_TIMEOUT,
    retryStrategy: (times) => Math.min(50 * times, 1_000),
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
