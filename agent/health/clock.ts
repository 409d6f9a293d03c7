/** Time as the monitor sees it, so that tests can hold it in their hands. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls `fn` once after `ms`; the function given back calls it off. */
  after(ms: number, fn: () => void): () => void
}

/** A longer timer of Node would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1

export const systemClock: Clock = {
  now: Date.now,
  after(ms, fn) {
    const timer = setTimeout(fn, Math.min(ms, LONGEST_TIMER))
    return () => clearTimeout(timer)
  },
}
