/** Time as the agent sees it, so that tests can hold it in their hands. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Milliseconds since some moment: nobody sets this one, so it tells how long something has lasted. */
  uptime(): number
  /** Calls `fn` once after `ms` milliseconds; the function given back calls it off. */
  after(ms: number, fn: () => void): () => void
}

/** A longer timer of Node would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1

/** The time of this machine. */
export const systemClock: Clock = {
  now: Date.now,
  uptime: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, Math.min(Math.max(ms, 0), LONGEST_TIMER))
    return () => clearTimeout(timer)
  },
}

/** What a promise comes to, undefined when that takes longer than `ms` milliseconds. */
export async function inTime<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>()
  const cancel = clock.after(ms, () => late.resolve(undefined))
  return Promise.race([promise, late.promise]).finally(cancel)
}

/** The ISO time of a clock's milliseconds. */
export function iso(ms: number): string {
  return new Date(ms).toISOString()
}
