import { SetpointError } from '../error.ts'
import { redisProblem } from '../wire.ts'
import type { Cipher } from './cipher.ts'
import { decodeFrame, encodeFrame, FRAME, type Frame, jsonFrame, jsonOf } from './frames.ts'
import { createInbox } from './inbox.ts'
import { createWindow } from './window.ts'

/** Carries sealed frames one after the other, as Redis does. */
export interface Transport {
  append(sealed: Buffer): Promise<void>
  /** What has come since the last read, `most` at once; waits up to `ms` milliseconds for the first and gives none after that. */
  read(ms: number, most?: number): Promise<Buffer[]>
  /** Lets go; what the other end has still to read stays for a while. */
  close(): void
}

/** One end of a session: frames in order, none twice, none lost; who writes faster than the other reads has to wait. */
export interface Channel {
  /** Resolves when the frame is on its way and the other end has room for more. Rejects once the session is over. */
  send(frame: Frame): Promise<void>
  /** The next frame; undefined once the other end has closed. @throws SetpointError SESSION_BROKEN, SESSION_LOST */
  receive(): Promise<Frame | undefined>
  /** Aborted when the session is over, however it ended. */
  readonly signal: AbortSignal
  close(): Promise<void>
}

export interface ChannelOptions {
  transport: Transport
  cipher: Cipher
  /** Milliseconds of silence after which the other end counts as gone. */
  silence?: number
}

/** Bytes on their way in one direction, so that is the most that a session keeps in Redis. */
export const WINDOW = 1024 * 1024
/** Over the window: a frame is let go as soon as there is any room. */
const INBOX = 2 * WINDOW
const READ = 2_000
/** A command outlives a controller that was killed by a third more than that. */
const SILENCE = 15_000

/** Takes its end of a channel up; `silence` is how many milliseconds the other end may say nothing. */
export function openChannel({ transport, cipher, silence = SILENCE }: ChannelOptions): Channel {
  const over = new AbortController()
  const inbox = createInbox(INBOX)
  const window = createWindow(WINDOW)
  let taken = 0
  /** By a clock that nobody sets. */
  let heard = performance.now()
  let failure: SetpointError | undefined
  let sending: Promise<void> = Promise.resolve()
  const beat = setInterval(keepAlive, silence / 3)
  void pump()

  return {
    signal: over.signal,
    async send(frame) {
      await window.enter(frame.payload.length)
      await put(frame)
    },
    async receive() {
      const frame = await inbox.take()
      if (frame === undefined && failure) throw failure
      if (frame) acknowledge(frame)
      return frame
    },
    async close() {
      if (over.signal.aborted) return
      await put(CLOSE).catch(() => {})
      if (!over.signal.aborted) end()
    },
  }

  async function pump(): Promise<void> {
    try {
      while (!over.signal.aborted) {
        for (const sealed of await transport.read(READ)) take(decodeFrame(cipher.open(sealed)))
      }
    } catch (error) {
      fail(error)
    }
  }

  function take(frame: Frame): void {
    heard = performance.now()
    if (frame.type === FRAME.alive) return
    if (frame.type === FRAME.taken) window.leave(Number((jsonOf(frame) as { bytes: number }).bytes))
    else if (frame.type === FRAME.close) end()
    else inbox.put(frame)
  }

  /** Tells the other end from time to time how much room it has again. */
  function acknowledge({ payload }: Frame): void {
    taken += payload.length
    if (taken < WINDOW / 4) return
    put(jsonFrame(FRAME.taken, { bytes: taken })).catch(() => {}) // `put` has told of it
    taken = 0
  }

  /** In the order of the calls: the number of a frame is its place in the stream. */
  function put(frame: Frame): Promise<void> {
    const sent = sending.then(() => {
      if (over.signal.aborted) throw failure ?? gone()
      return transport.append(cipher.seal(encodeFrame(frame)))
    })
    sending = sent.catch(fail)
    return sent
  }

  function keepAlive(): void {
    if (performance.now() - heard > silence) fail(gone())
    else put({ type: FRAME.alive, payload: Buffer.alloc(0) }).catch(() => {}) // `put` has told of it
  }

  function fail(error: unknown): void {
    if (over.signal.aborted) return
    failure = error instanceof SetpointError ? error : gone(redisProblem(error))
    sayClose()
    end()
  }

  /** The way out may be whole when the way in is not: then the other end need not wait until it notices. */
  function sayClose(): void {
    sending = sending.then(() => transport.append(cipher.seal(encodeFrame(CLOSE)))).catch(() => {})
  }

  function end(): void {
    clearInterval(beat)
    over.abort()
    inbox.close()
    window.close()
    transport.close()
  }
}

const CLOSE: Frame = { type: FRAME.close, payload: Buffer.alloc(0) }

function gone(why?: string): SetpointError {
  return new SetpointError(
    'SESSION_LOST',
    `The session broke off${why === undefined ? ': the other end is silent' : `: ${why}`}.`,
    { hint: 'Is the host up, and do controller and agent reach Redis? `setpoint hosts` tells.' },
  )
}
