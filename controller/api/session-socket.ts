import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import { errorFacts, messageOf, SetpointError } from '../../schemas/error.ts'
import type { Channel } from '../../schemas/session/channel.ts'
import { decodeFrame, encodeFrame } from '../../schemas/session/frames.ts'
import { CopyRequest, ExecRequest } from '../../schemas/session/request.ts'
import Type, { type Static } from '../../schemas/type.ts'
import { checker } from '../../schemas/validate.ts'
import { admit, type Guard } from './guard.ts'
import type { Service } from './service.ts'
import { SESSION_PATH } from './session-path.ts'

/** The first message of a client: the task, as people name it, and what is asked of it. */
export type SessionOpening = Static<typeof SessionOpening>
export const SessionOpening = Type.Object(
  { task: Type.String({ maxLength: 300 }), request: Type.Union([ExecRequest, CopyRequest]) },
  { additionalProperties: false },
)

const checkOpening = checker(SessionOpening)
/** Bytes; the first message may hold a long command line. */
const MAX_MESSAGE = 1024 * 1024
/** Milliseconds until the first message must have come. */
const OPENING_WITHIN = 10_000
/** Bytes that wait for a slow client before the host has to wait, too. */
const MAX_WAITING = 1024 * 1024
/** Milliseconds between two signs of life. */
const PING = 20_000
const GOING_AWAY = 1001

export interface SessionSocketOptions {
  service: Pick<Service, 'openSession'>
  guard: Guard
  log: FastifyBaseLogger
}

/**
 * Live sessions over WebSocket: after the opening (a JSON text, answered by `{}` or `{error}`) every binary message is a
 * frame, handed on to the host and back. Admitted as every other request.
 */
export function sessionSocket(app: FastifyInstance, { service, guard, log }: SessionSocketOptions): void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE, perMessageDeflate: false })
  app.server.on('upgrade', (request, socket, head) => {
    const refusal = refusalOf(request, guard)
    if (refusal !== undefined) return refuse(socket, refusal)
    request.socket.setKeepAlive(true, PING)
    sockets.handleUpgrade(request, socket, head, (client) => void converse(client, service, log))
  })
  app.addHook('preClose', async () => {
    for (const client of sockets.clients) client.close(GOING_AWAY, 'the controller stops')
    setTimeout(() => {
      for (const client of sockets.clients) client.terminate()
    }, 500).unref()
  })
}

function refusalOf(request: IncomingMessage, guard: Guard): SetpointError | undefined {
  try {
    admit(guard, request.headers)
  } catch (error) {
    return error as SetpointError
  }
  if (request.url === SESSION_PATH) return undefined
  return new SetpointError('USAGE', `the API has no live session at ${request.url}`)
}

function refuse(socket: Duplex, error: SetpointError): void {
  const body = JSON.stringify({ error: error.facts() })
  const status = error.code === 'API_DENIED' ? '401 Unauthorized' : '404 Not Found'
  socket.on('error', () => {}) // it is gone already
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}

async function converse(
  client: WebSocket,
  service: Pick<Service, 'openSession'>,
  log: FastifyBaseLogger,
): Promise<void> {
  const alive = keepAlive(client)
  client.on('error', (error) => log.debug({ problem: error.message }, 'A live session has trouble'))
  try {
    const { task, request } = await openingOf(client)
    const channel = await service.openSession(task, request)
    client.send('{}')
    await relay(client, channel)
    client.close()
  } catch (error) {
    const facts = errorFacts(error, 'INTERNAL')
    if (facts.code === 'INTERNAL') log.error({ problem: messageOf(error) }, 'A live session failed')
    client.send(JSON.stringify({ error: facts }), () => client.close())
  } finally {
    clearInterval(alive)
  }
}

function openingOf(client: WebSocket): Promise<SessionOpening> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(badOpening('nothing came')), OPENING_WITHIN)
    client.once('close', () => reject(badOpening('the client has gone')))
    client.once('message', (data) => {
      clearTimeout(timer)
      client.pause() // what comes next is for the host
      const opening = checkOpening(jsonIn(String(data)))
      if (opening.ok) resolve(opening.value)
      else reject(badOpening(opening.message))
    })
  })
}

/** Both directions, each at the pace of who reads. */
async function relay(client: WebSocket, channel: Channel): Promise<void> {
  let handing = Promise.resolve()
  client.on('message', (data) => {
    client.pause()
    handing = handing
      .then(() => channel.send(decodeFrame(data as Buffer)))
      .then(() => client.resume())
      .catch(() => void channel.close())
  })
  client.once('close', () => void channel.close())
  if (client.readyState !== client.OPEN) void channel.close()
  client.resume()
  for (let frame = await channel.receive(); frame; frame = await channel.receive()) {
    const sent = sending(client, encodeFrame(frame))
    if (client.bufferedAmount > MAX_WAITING) await sent
  }
}

/** Resolves when it has gone out, or cannot any more. */
function sending(client: WebSocket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => client.send(bytes, () => resolve()))
}

/** For the client, which must notice when this machine has gone; when the client's has, TCP does. */
function keepAlive(client: WebSocket): NodeJS.Timeout {
  return setInterval(() => client.ping(), PING)
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function badOpening(why: string): SetpointError {
  return new SetpointError('USAGE', `This is no beginning of a live session: ${why}.`, {
    hint: 'The CLI and the controller may differ in version: compare them with setpoint version.',
  })
}
