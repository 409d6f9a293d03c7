import { SetpointError } from '../error.ts'
import type { Frame } from './frames.ts'

/** The frames that have come and that nobody has taken yet. */
export interface Inbox {
  /** @throws SetpointError SESSION_BROKEN when there is more than an end that waits would send */
  put(frame: Frame): void
  /** The oldest frame, as soon as there is one; undefined once the inbox is empty and closed. */
  take(): Promise<Frame | undefined>
  close(): void
}

/** An inbox for at most `most` bytes and one reader. */
export function createInbox(most: number): Inbox {
  const frames: Frame[] = []
  let bytes = 0
  let isClosed = false
  let wake = () => {}
  return {
    put(frame) {
      bytes += frame.payload.length
      if (bytes > most) throw tooMuch()
      frames.push(frame)
      wake()
    },
    async take() {
      while (frames.length === 0 && !isClosed) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      const frame = frames.shift()
      bytes -= frame?.payload.length ?? 0
      return frame
    },
    close() {
      isClosed = true
      wake()
    },
  }
}

function tooMuch(): SetpointError {
  return new SetpointError('SESSION_BROKEN', 'The session was ended: the other end sends without waiting.')
}
