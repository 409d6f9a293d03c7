import { messageOf } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'

/** A moment by two clocks: one that nobody sets, and one that goes on while the machine is suspended. */
export interface Moment {
  steady: number
  wall: number
}

export interface Tenure {
  leads(): boolean
  /** The epoch of the present or last tenure. */
  epoch(): number
  begin(epoch: number, until: Moment): void
  extend(until: Moment): void
  end(why: string): void
  /** When a lease that is asked for now will have to be given up, a tenth early in case clocks run differently. */
  until(lease: number): Moment
  /** Resolves at once while it leads, else when it begins; rejects with the signal's reason. */
  begun(signal: AbortSignal): Promise<void>
  onChange(listener: (leads: boolean) => void): void
}

/** Whether this controller may act now, by its own clocks alone: it ends when it was not extended in time. */
export function createTenure(log: Log): Tenure {
  const listeners: ((leads: boolean) => void)[] = []
  let current: { until: Moment; timer: NodeJS.Timeout | undefined } | undefined
  let epoch = 0
  let begun = Promise.withResolvers<void>()

  function leads(): boolean {
    return current !== undefined && remaining(current.until) > 0
  }

  function tell(leads: boolean): void {
    for (const listener of [...listeners]) {
      try {
        listener(leads)
      } catch (error) {
        log.error({ problem: messageOf(error) }, 'A listener of the leadership threw')
      }
    }
  }

  function watch(until: Moment): void {
    clearTimeout(current?.timer)
    current = {
      until,
      timer: setTimeout(() => end('The lease was not renewed in time'), remaining(until) + 1),
    }
  }

  function end(why: string): void {
    if (!current) return
    clearTimeout(current.timer)
    current = undefined
    begun = Promise.withResolvers()
    log.warn({ epoch, why }, 'No longer leading')
    tell(false)
  }

  return {
    leads,
    epoch: () => epoch,
    begin: (given, until) => {
      if (remaining(until) <= 0) return
      epoch = given
      watch(until)
      log.info({ epoch }, 'Leading')
      begun.resolve()
      tell(true)
    },
    extend: (until) => {
      if (leads()) watch(until)
      else end('The lease was renewed too late')
    },
    end,
    until: (lease) => ({ steady: performance.now() + 0.9 * lease, wall: Date.now() + 0.9 * lease }),
    begun: async (signal) => {
      signal.throwIfAborted()
      const aborted = Promise.withResolvers<never>()
      const onAbort = () => aborted.reject(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      await Promise.race([begun.promise, aborted.promise]).finally(() =>
        signal.removeEventListener('abort', onAbort),
      )
    },
    onChange: (listener) => void listeners.push(listener),
  }
}

function remaining(until: Moment): number {
  return Math.min(until.steady - performance.now(), until.wall - Date.now())
}
