import { randomBytes, randomUUID } from 'node:crypto'
import { actionKey } from '../../schemas/action.ts'
import { errorFrom, SetpointError } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import { sealTo } from '../../schemas/sealing/seal.ts'
import { type Channel, openChannel, type Transport } from '../../schemas/session/channel.ts'
import { createCipher, SALT_BYTES } from '../../schemas/session/cipher.ts'
import { redisTransport } from '../../schemas/session/redis-transport.ts'
import type { SessionOrder, SessionRequest } from '../../schemas/session/request.ts'
import type { Fleet } from '../observed/fleet.ts'
import type { Queue } from '../queue/queue.ts'
import { closeRedis, connectRedis, reaching, whenReady } from '../redis.ts'
import type { HostKeys } from '../state/host-keys.ts'

/** Opens live sessions with hosts. */
export interface SessionOpener {
  /**
   * A channel to the agent of a host, which carries out the request.
   * @throws SetpointError SESSION_LOST when it does not answer, what the agent says when it refuses, NOT_LEADER,
   * HOST_KEY_MISSING, HOST_KEY_CHANGED, REDIS_UNREACHABLE
   */
  open(host: string, request: SessionRequest): Promise<Channel>
  close(): void
}

export interface SessionOpenerOptions {
  redis: string
  queue: Pick<Queue, 'add'>
  fleet: Pick<Fleet, 'onOutcome' | 'onNewLife'>
  hostKeys: Pick<HostKeys, 'recipientFor'>
  log: Log
  /** Milliseconds that a host has to take a session up. */
  timeout?: number
}

/** Milliseconds that a host has to take a session up, unless told otherwise. */
const TAKEN_UP_WITHIN = 10_000
/** Sessions at one time: each holds a connection to Redis. */
const MOST = 256
/** Milliseconds that one read waits for the agent's first word. */
const POLL = 500
const KEY_BYTES = 32

export function createSessionOpener(options: SessionOpenerOptions): SessionOpener {
  const { redis, queue, fleet, hostKeys, log, timeout = TAKEN_UP_WITHIN } = options
  const writer = connectRedis(redis, log)
  const waiting = new Map<string, (error: SetpointError) => void>()
  /** The channels, and the host of each. */
  const opened = new Map<Channel, string>()
  fleet.onOutcome(({ jobId, error }) => {
    if (error === undefined) return
    waiting.get(jobId)?.(errorFrom(error))
  })
  // an agent that was killed cannot say that its sessions are over
  fleet.onNewLife((host) => {
    for (const [channel, at] of opened) if (at === host) void channel.close()
  })

  return {
    async open(host, request) {
      if (opened.size + waiting.size >= MOST) throw tooMany()
      const sessionId = randomUUID()
      const key = randomBytes(KEY_BYTES)
      const recipient = hostKeys.recipientFor(host)
      const order: SessionOrder = { key: key.toString('base64'), request }
      const sealed = (await sealTo([recipient], Buffer.from(JSON.stringify(order)))).toString('base64')
      const transport = await connect(sessionId)
      try {
        const deadline = new Date(Date.now() + timeout).toISOString()
        const action = { type: 'session' as const, sessionId, kind: request.kind, sealed }
        await queue.add([{ host, deadline, action }])
        const salt = await hello(transport, { host, job: actionKey(action) })
        const cipher = createCipher({ key, sessionId, salt, end: 'controller' })
        return noted(openChannel({ transport, cipher }), host)
      } catch (error) {
        transport.close()
        throw error
      }
    },
    close() {
      for (const channel of opened.keys()) void channel.close()
      closeRedis(writer)
    },
  }

  async function connect(sessionId: string): Promise<Transport> {
    const reader = connectRedis(redis, log)
    try {
      await reaching(() => Promise.all([whenReady(writer), whenReady(reader)]), timeout)
    } catch (error) {
      closeRedis(reader)
      throw error
    }
    const ended = { callBuffer: reader.callBuffer.bind(reader), disconnect: () => closeRedis(reader) }
    return redisTransport({ sessionId, end: 'controller', writer, reader: ended })
  }

  /** The agent's first word: what it has drawn for the keys. */
  async function hello(transport: Transport, { host, job }: { host: string; job: string }): Promise<Buffer> {
    const refused = Promise.withResolvers<never>()
    refused.promise.catch(() => {}) // it may come when nobody waits any more
    waiting.set(job, refused.reject)
    try {
      return await Promise.race([firstOf(transport, host), refused.promise])
    } finally {
      waiting.delete(job)
    }
  }

  async function firstOf(transport: Transport, host: string): Promise<Buffer> {
    const end = Date.now() + timeout
    while (Date.now() < end) {
      const [salt] = await transport.read(POLL, 1)
      if (salt === undefined) continue
      if (salt.length === SALT_BYTES) return salt
      throw new SetpointError('SESSION_BROKEN', `${host} did not begin the session as it should.`)
    }
    throw notTakenUp(host, timeout)
  }

  function noted(channel: Channel, host: string): Channel {
    opened.set(channel, host)
    channel.signal.addEventListener('abort', () => opened.delete(channel), { once: true })
    return channel
  }
}

function notTakenUp(host: string, timeout: number): SetpointError {
  return new SetpointError('SESSION_LOST', `${host} did not answer within ${timeout / 1000} s.`, {
    hint: '`setpoint hosts` tells when it was last heard.',
  })
}

function tooMany(): SetpointError {
  return new SetpointError('SESSION_LOST', `This controller has ${MOST} sessions open, which is the most.`, {
    hint: 'End some of them, and try again.',
  })
}
