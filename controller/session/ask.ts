import { SetpointError } from '../../schemas/error.ts'
import type { Channel } from '../../schemas/session/channel.ts'
import type { Frame, FrameType } from '../../schemas/session/frames.ts'
import { replies } from './replies.ts'

/** Bytes that a host may answer. */
const MOST = 16 * 1024 * 1024

export interface Asking {
  host: string
  /** What its answer comes in. */
  frame: FrameType
  /** Milliseconds from the beginning of the session to its end. */
  deadline: number
  /** What to do when it is late. */
  hint?: string
}

/**
 * What a host answers in frames of one kind, up to the end of the session.
 * @throws SetpointError DEADLINE_PASSED, SESSION_BROKEN for an answer that is too long, what `open` throws and the host says
 */
export async function ask(open: () => Promise<Channel>, asking: Asking): Promise<Frame[]> {
  const channel = await open()
  let late = false
  const timer = setTimeout(() => {
    late = true
    void channel.close()
  }, asking.deadline)
  try {
    return await answerOf(channel, asking)
  } catch (error) {
    throw late ? tooLate(asking) : error
  } finally {
    clearTimeout(timer)
    await channel.close()
  }
}

async function answerOf(channel: Channel, { host, frame }: Asking): Promise<Frame[]> {
  const frames: Frame[] = []
  let bytes = 0
  for await (const one of replies(channel)) {
    bytes += one.payload.length
    if (bytes > MOST) throw tooMuch(host)
    if (one.type === frame) frames.push(one)
  }
  return frames
}

function tooLate({ host, deadline, hint }: Asking): SetpointError {
  return new SetpointError('DEADLINE_PASSED', `${host} was not done within ${deadline / 1_000} s.`, {
    hint: hint ?? 'Its agent or its disk may be busy: try again.',
  })
}

function tooMuch(host: string): SetpointError {
  return new SetpointError('SESSION_BROKEN', `${host} answers in more than ${MOST} bytes.`)
}
