import { type ErrorFacts, errorFrom, SetpointError } from '../../schemas/error.ts'
import type { Channel } from '../../schemas/session/channel.ts'
import { FRAME, type Frame, jsonOf } from '../../schemas/session/frames.ts'

/**
 * The frames of a session up to its end.
 * @throws SetpointError what the host says went wrong, or why the session broke off
 */
export async function* replies(channel: Channel): AsyncGenerator<Frame> {
  for (let frame = await channel.receive(); frame; frame = await channel.receive()) {
    if (frame.type !== FRAME.end) yield frame
    else {
      const { error } = jsonOf(frame) as { error?: ErrorFacts }
      if (error !== undefined) throw errorFrom(error)
      return
    }
  }
  throw new SetpointError('SESSION_LOST', 'The session ended before all was said.', {
    hint: 'The agent of the host may have been stopped. Try again.',
  })
}
