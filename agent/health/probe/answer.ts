import { messageOf } from '../../../schemas/error.ts'
import type { ExecResult } from '../../runtime/runtime.ts'

/** What a question over the network came to, in the words of a command: 0 is well, 1 is not. */
export function answer(isWell: boolean, output: string): ExecResult {
  return { exitCode: isWell ? 0 : 1, output, timedOut: false }
}

/** The question could not be asked, or the answer was none. */
function noAnswer(error: unknown): ExecResult {
  return answer(false, messageOf(error))
}

/**
 * Runs `ask` until it settles, or for `timeout` milliseconds; then the signal that it was given aborts.
 * Never rejects: what goes wrong is a probe that failed.
 */
export async function inTime(
  timeout: number,
  ask: (signal: AbortSignal) => Promise<ExecResult>,
): Promise<ExecResult> {
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), timeout)
  try {
    return await ask(stop.signal)
  } catch (error) {
    return stop.signal.aborted ? { exitCode: 1, output: '', timedOut: true } : noAnswer(error)
  } finally {
    clearTimeout(timer)
  }
}
