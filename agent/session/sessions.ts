import { randomBytes } from 'node:crypto'
import type { ActionOf } from '../../schemas/action.ts'
import { errorFacts, messageOf, SetpointError } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import { unseal } from '../../schemas/sealing/seal.ts'
import { type Channel, openChannel } from '../../schemas/session/channel.ts'
import { createCipher, SALT_BYTES } from '../../schemas/session/cipher.ts'
import { FRAME, jsonFrame } from '../../schemas/session/frames.ts'
import { redisTransport, type SessionRedis } from '../../schemas/session/redis-transport.ts'
import { SessionOrder, type SessionRequest } from '../../schemas/session/request.ts'
import { checker } from '../../schemas/validate.ts'
import type { Reach } from './reach.ts'

/** The live sessions of this host. */
export interface Sessions {
  /**
   * Takes up a session that the controller has signed and sealed; resolves once it goes on by itself.
   * @throws SetpointError why it is not taken up
   */
  open(action: ActionOf<'session'>): Promise<void>
  /** Ends them all, and waits a moment for what they have to put away; the next start of the agent does the rest. */
  close(): Promise<void>
}

export interface SessionsOptions {
  reach: Reach
  /** This host's identity of age. */
  identity: string
  writer: SessionRedis
  /** A connection that may wait, for one session. */
  connect(): Promise<SessionRedis & { disconnect(): void }>
  log: Log
}

/** At one time: each holds a connection to Redis. */
const MOST = 64
/** Milliseconds that commands get to end when the agent is stopped. */
const LAST_WORDS = 2_000
const checkOrder = checker(SessionOrder)

export function createSessions({ reach, identity, writer, connect, log }: SessionsOptions): Sessions {
  const open = new Map<Channel, Promise<void>>()
  return {
    async open({ sessionId, sealed }) {
      if (open.size >= MOST) throw tooMany()
      const { key, request } = await orderIn(sealed, identity)
      const transport = redisTransport({ sessionId, end: 'agent', writer, reader: await connect() })
      const salt = randomBytes(SALT_BYTES)
      await transport.append(salt).catch((error) => {
        transport.close() // or its connection would stay for ever
        throw error
      })
      const cipher = createCipher({ key: Buffer.from(key, 'base64'), sessionId, salt, end: 'agent' })
      const channel = openChannel({ transport, cipher })
      const work = converse(channel, request).finally(() => open.delete(channel))
      open.set(channel, work)
    },
    async close() {
      const all = [...open]
      await Promise.all(all.map(([channel]) => channel.close()))
      const put = Promise.all(all.map(([, work]) => work))
      await Promise.race([put, new Promise((resolve) => setTimeout(resolve, LAST_WORDS))])
    },
  }

  async function converse(channel: Channel, request: SessionRequest): Promise<void> {
    try {
      await carryOut(request, channel, reach)
      await channel.send(jsonFrame(FRAME.end, {}))
    } catch (error) {
      if (channel.signal.aborted)
        log.info({ kind: request.kind, why: messageOf(error) }, 'A session broke off')
      else await refuse(channel, error)
    } finally {
      await channel.close()
    }
  }

  async function refuse(channel: Channel, error: unknown): Promise<void> {
    const facts = errorFacts(error, 'INTERNAL')
    if (facts.code === 'INTERNAL') log.error({ problem: messageOf(error) }, 'A session has failed')
    await channel.send(jsonFrame(FRAME.end, { error: facts })).catch(() => {}) // nobody is there to be told
  }
}

/** Loaded when they are first needed: most agents are never asked. */
async function carryOut(request: SessionRequest, channel: Channel, reach: Reach): Promise<void> {
  switch (request.kind) {
    case 'logs':
      return (await import('./logs.ts')).sendLogs(request, channel, reach)
    case 'exec':
      return (await import('./exec.ts')).execute(request, channel, reach)
    case 'copy':
      return (await import('./copy.ts')).copy(request, channel, reach)
    case 'top':
      return (await import('./top.ts')).sendProcesses(request, channel, reach)
    case 'volumes':
      return (await import('./host-volumes.ts')).sendVolumes(request, channel, reach)
    case 'removeVolume':
      return (await import('./host-volumes.ts')).removeVolume(request, channel, reach)
  }
}

async function orderIn(sealed: string, identity: string): Promise<SessionOrder> {
  const text = (await unseal(identity, Buffer.from(sealed, 'base64'))).toString('utf8')
  const order = checkOrder(JSON.parse(text))
  if (order.ok) return order.value
  throw new SetpointError('JOB_REFUSED', `A session was refused: its shape is wrong (${order.message}).`, {
    hint: 'What is asked may be newer than the agent: upgrade setpoint-agent on this host.',
  })
}

function tooMany(): SetpointError {
  return new SetpointError('JOB_REFUSED', `A session was refused: this host has ${MOST} open.`, {
    hint: 'End some of them, and try again.',
  })
}
