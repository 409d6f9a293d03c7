import { messageOf, SetpointError } from './error.ts'

/** Every name that controller and agent agree on in Redis. */
export const PREFIX = 'setpoint'

/** The stream on which all agents report. */
export const REPORTS = `${PREFIX}:reports`

/** A hash: host name to its last full snapshot (JSON). */
export const SNAPSHOTS = `${PREFIX}:snapshots`

/** The leader's lease: the id of the controller that may act. */
export const LEADER = `${PREFIX}:leader`

/** A string: a pack (see pack.ts), for any agent that needs it. */
export function contentKey(digest: string): string {
  return `${PREFIX}:content:${digest}`
}

/** A string: what is sealed for one host. */
export function sealedKey(host: string, digest: string): string {
  return `${PREFIX}:sealed:${host}:${digest}`
}

/** Bytes that are written or read at once, and the seconds for which content stays: the agent that needs it comes at once. */
export const CONTENT_PIECE = 1024 * 1024
export const CONTENT_STAYS = 15 * 60

/** The largest entry of the report stream that a controller reads, in bytes. */
export const MAX_REPORT_BYTES = 4 * 1024 * 1024

/** The largest snapshot that a controller reads, in bytes: some thousands of tasks. */
export const MAX_SNAPSHOT_BYTES = 16 * 1024 * 1024

/** How many entries the report stream keeps, about. */
export const REPORTS_KEPT = 20_000

/** An agent refreshes its snapshot at least this often, in milliseconds; after three missed ones it counts as lost. */
export const HEARTBEAT = 5_000

/** The BullMQ queue of a host. BullMQ allows no `:` in it. */
export function queueName(host: string): string {
  return `host-${host}`
}

/** A host's name: what a DNS label allows, so that it can stand in keys, queue and file names. */
export const HOST_NAME = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/

/** Where a Redis is and how to log in: what ioredis (and with it BullMQ) takes as options. */
export interface RedisAddress {
  path?: string
  host?: string
  port?: number
  username?: string
  password?: string
  db?: number
  tls?: Record<string, never>
}

/** How long one command may take, in milliseconds. Nothing blocks longer than half of it on purpose. */
export const REDIS_TIMEOUT = 5_000

/** Milliseconds until the next try to connect; there is always one. */
export function reconnectAfter(times: number): number {
  return Math.min(50 * times, 1_000)
}

/** While Redis is away a command rejects at once, and none is kept to be sent when it may be out of date. */
export const FAILING_AT_ONCE = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: REDIS_TIMEOUT,
  connectTimeout: REDIS_TIMEOUT,
  // A half-open connection is found by the command that waits on it.
  socketTimeout: 2 * REDIS_TIMEOUT,
  retryStrategy: reconnectAfter,
}

/** What ioredis says in the words of its options, and what a person can do with it. */
const OWN_WORDS: [RegExp, string][] = [
  [/max retries per request|Connection is closed|Stream isn't writeable/, 'the connection to Redis is lost'],
  [/Command timed out/, 'Redis did not answer in time'],
]

/** Why a command has failed, for the middle of a sentence. */
export function redisProblem(error: unknown): string {
  const text = messageOf(error)
  return OWN_WORDS.find(([own]) => own.test(text))?.[1] ?? text.replace(/\.$/, '')
}

/**
 * Reads `redis://[user:password@]host[:port][/db]`, `rediss://…` (TLS) or `unix:///path/redis.sock[?db=N]`.
 * @throws SetpointError USAGE; the message never holds the password.
 */
export function redisOptions(url: string): RedisAddress {
  const parsed = URL.parse(url)
  if (parsed?.protocol === 'unix:' && parsed.host === '' && parsed.pathname.length > 1) {
    return {
      path: decodeURIComponent(parsed.pathname),
      ...login(parsed),
      ...database(parsed.searchParams.get('db')),
    }
  }
  const secure = parsed?.protocol === 'rediss:'
  if (!parsed?.hostname || !(secure || parsed.protocol === 'redis:')) throw badRedis(url)
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(parsed.port || 6379),
    ...login(parsed),
    ...database(parsed.pathname.slice(1)),
    ...(secure ? { tls: {} } : {}),
  }
}

/** The address without its password: fit for logs and messages. */
export function redisName(url: string): string {
  return url.replace(/^(rediss?:\/\/).*@/, '$1')
}

function login({ username, password }: URL): Pick<RedisAddress, 'username' | 'password'> {
  return {
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
  }
}

function database(db: string | null): Pick<RedisAddress, 'db'> {
  return db && /^\d+$/.test(db) ? { db: Number(db) } : {}
}

function badRedis(url: string): SetpointError {
  return new SetpointError('USAGE', `${redisName(url)} is no address of a Redis.`, {
    hint: 'Give redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH/redis.sock.',
  })
}
