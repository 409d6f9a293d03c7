import type { Clock } from '../clock.ts'
import type { ExecResult } from '../runtime/runtime.ts'
import { failedProbe, HANGING } from './outcome.ts'

/** Asks a task how it is. */
export interface Ask {
  ask(): Promise<ExecResult>
  /** Leaves a probe that is under way to itself. */
  close(): void
}

interface AskOptions {
  /** Asks the task how it is; ends by itself in time, or should. */
  probe: () => Promise<ExecResult>
  /** Milliseconds after which a probe is taken to hang. */
  deadline: number
  clock: Clock
}

/**
 * Asks a task how it is, and never asks twice at a time: a probe that hangs is a failure at each turn until it ends. One
 * that cannot be run at all is a failure, too.
 */
export function createAsk({ probe, deadline, clock }: AskOptions): Ask {
  let running: Promise<ExecResult> | undefined
  let stopWaiting = () => {}

  return {
    ask() {
      running ??= attempt().finally(() => {
        running = undefined
      })
      return inTime(running)
    },
    close: () => stopWaiting(),
  }

  async function attempt(): Promise<ExecResult> {
    try {
      return await probe()
    } catch (error) {
      return failedProbe(error)
    }
  }

  function inTime(asked: Promise<ExecResult>): Promise<ExecResult> {
    return new Promise((resolve) => {
      const callOff = clock.after(deadline, () => resolve(HANGING))
      stopWaiting = callOff
      void asked.then((result) => {
        callOff()
        resolve(result)
      })
    })
  }
}
