import { setTimeout as sleep } from 'node:timers/promises'
import { SetpointError } from '../../../schemas/error.ts'

/** Milliseconds to the first new attempt, and between two at most. */
const FIRST = 250
const LONGEST = 5_000

export interface Resumed<Item> {
  /**
   * Asks for the answer.
   * @param begun is called once it has begun
   * @param again it was lost before: what has come already is not to come again
   */
  open(begun: () => void, again: boolean): AsyncGenerator<Item>
  /** Told once each time that the answer is lost. */
  lost(error: SetpointError): void
  signal: AbortSignal
}

/**
 * An answer without an end that is asked for again, less and less often, when it breaks off: a controller is started anew, or
 * another one takes over.
 * @throws SetpointError when it cannot even begin, and for what another attempt does not help
 */
export async function* resumed<Item>({ open, lost, signal }: Resumed<Item>): AsyncGenerator<Item> {
  let [began, told, wait] = [false, false, FIRST]
  const begun = () => {
    began = true
    told = false
  }
  for (;;) {
    try {
      for await (const item of open(begun, began)) {
        wait = FIRST
        yield item
      }
      return
    } catch (error) {
      if (signal.aborted || !began || !isPassing(error)) throw error
      if (!told) lost(error)
      told = true
    }
    await sleep(wait, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    wait = Math.min(2 * wait, LONGEST)
  }
}

/** What a person reads when an answer was lost. */
export function lostNote({ message }: SetpointError): string {
  return `setpoint: ${message.replace(/\.$/, '')}; it goes on once a controller answers`
}

function isPassing(error: unknown): error is SetpointError {
  const codes = /^(SESSION_LOST|API_UNREACHABLE|NOT_LEADER|REDIS_UNREACHABLE)$/
  return error instanceof SetpointError && codes.test(error.code)
}
