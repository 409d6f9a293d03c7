import { connect } from 'node:net'
import { WebSocket } from 'ws'
import { type ErrorFacts, errorFrom, SetpointError } from '../../../schemas/error.ts'
import { decodeFrame, encodeFrame, FRAME, type Frame, jsonOf } from '../../../schemas/session/frames.ts'
import type { CopyRequest, ExecRequest } from '../../../schemas/session/request.ts'
import { SESSION_PATH } from '../../api/session-path.ts'
import { describeEndpoint, type Endpoint } from './endpoint.ts'

/** A live session with a task, as the command line sees it. */
export interface Live {
  /** Resolves when the frame has gone out. */
  send(frame: Frame): Promise<void>
  /** The frames up to the end. @throws SetpointError what the host says, SESSION_LOST */
  frames(): AsyncGenerator<Frame>
  close(): void
}

export interface LiveCall {
  headers: Record<string, string>
  task: string
  request: ExecRequest | CopyRequest
}

/** An answer of HTTP in place of a session. */
export class HttpAnswer extends Error {
  readonly status: number
  readonly text: string
  constructor(status: number, text: string) {
    super(`HTTP ${status}`)
    this.status = status
    this.text = text
  }
}

/** Milliseconds until a session must have been opened. */
const OPEN_WITHIN = 20_000
/** Bytes that may wait to go out before the sender waits. */
const MAX_WAITING = 256 * 1024
const MAX_MESSAGE = 1024 * 1024
/** Milliseconds: the API pings more often. */
const SILENCE = 60_000

/** @throws HttpAnswer; SetpointError what the controller says; what Node throws when nobody answers */
export async function openLive(endpoint: Endpoint, { headers, task, request }: LiveCall): Promise<Live> {
  const socket = new WebSocket(urlOf(endpoint), {
    headers,
    handshakeTimeout: OPEN_WITHIN,
    maxPayload: MAX_MESSAGE,
    perMessageDeflate: false,
    ...(endpoint.kind === 'socket' && { createConnection: () => connect(endpoint.path) }),
  })
  await opened(socket)
  const inbox = receiving(socket, endpoint)
  socket.send(JSON.stringify({ task, request }))
  const answer = await inbox.next()
  if (answer.done) throw broken(endpoint)
  return {
    send: (frame) =>
      new Promise((resolve, reject) => {
        if (socket.readyState !== socket.OPEN) reject(broken(endpoint))
        else {
          socket.send(encodeFrame(frame), () => resolve())
          if (socket.bufferedAmount <= MAX_WAITING) resolve()
        }
      }),
    async *frames() {
      for (let next = await inbox.next(); !next.done; next = await inbox.next()) {
        const frame = decodeFrame(next.value)
        if (frame.type !== FRAME.end) yield frame
        else {
          const { error } = jsonOf(frame) as { error?: ErrorFacts }
          if (error !== undefined) throw errorFrom(error)
          return
        }
      }
      throw broken(endpoint)
    },
    close() {
      socket.resume() // the answer to the close has to be read
      socket.close()
    },
  }
}

function urlOf(endpoint: Endpoint): URL {
  if (endpoint.kind === 'socket') return new URL(`ws://localhost${SESSION_PATH}`)
  const url = new URL(endpoint.url)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  url.pathname = `${url.pathname.replace(/\/$/, '')}${SESSION_PATH}`
  return url
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
    socket.once('unexpected-response', (_, response) => {
      let text = ''
      response.on('data', (chunk) => {
        text = (text + chunk).slice(0, MAX_MESSAGE)
      })
      response.on('end', () => reject(new HttpAnswer(response.statusCode ?? 0, text)))
    })
  })
}

/** Binary messages; a text with an error ends them. One that nobody takes yet makes the other end wait. */
async function* receiving(socket: WebSocket, endpoint: Endpoint): AsyncGenerator<Buffer> {
  const waiting: Buffer[] = []
  let over = false
  let failure: SetpointError | undefined
  let wake = () => {}
  const end = (error?: SetpointError) => {
    failure ??= error
    over = true
    wake()
  }
  const take = (message: Buffer) => {
    waiting.push(message)
    socket.pause()
    wake()
  }
  let heardAt = Date.now()
  const silence = setInterval(() => {
    if (socket.isPaused)
      heard() // it is us who do not listen
    else if (Date.now() - heardAt > SILENCE) socket.terminate()
  }, SILENCE / 4)
  const heard = () => {
    heardAt = Date.now()
  }
  socket.on('ping', heard)
  socket.on('error', () => end(broken(endpoint)))
  socket.on('close', () => end())
  socket.on('message', (data, isBinary) => {
    heard()
    const error = isBinary ? undefined : (JSON.parse(String(data)) as { error?: ErrorFacts }).error
    if (error !== undefined) end(errorFrom(error))
    else take(data as Buffer)
  })
  try {
    for (;;) {
      while (waiting.length > 0) yield waiting.shift() as Buffer
      if (over) break
      socket.resume()
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    if (failure !== undefined) throw failure
  } finally {
    clearInterval(silence)
  }
}

function broken(endpoint: Endpoint): SetpointError {
  return new SetpointError('SESSION_LOST', `The session over ${describeEndpoint(endpoint)} broke off.`, {
    hint: 'Was the controller or the agent stopped? Try again.',
  })
}
