import type { Channel } from '../../schemas/session/channel.ts'
import { FRAME, type Frame } from '../../schemas/session/frames.ts'

/** What the client sends: bytes for the command, and the sizes of its terminal. */
export interface Input {
  write(bytes: Buffer): Promise<void>
  end(): void
  resize?(frame: Frame): Promise<void>
}

/** Hands over what comes from the client until it goes. */
export async function feed(channel: Channel, input: Input): Promise<void> {
  try {
    for (let frame = await channel.receive(); frame; frame = await channel.receive()) {
      if (frame.type === FRAME.input) await input.write(frame.payload)
      else if (frame.type === FRAME.inputEnd) input.end()
      else if (frame.type === FRAME.resize) await input.resize?.(frame)
    }
  } catch {
    // the session is over: its signal tells who needs to know
  }
}
