const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** npm and a terminal may both pass on one Ctrl-C: what comes this soon after the first is the same wish. */
const SAME_WISH = 1_000

/** Resolves at the first signal that asks this process to end; a later one, meant seriously, calls `again`. */
export function nextSignal(again?: () => void): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first: number | undefined
    const listen = (signal: NodeJS.Signals) => {
      if (first === undefined) {
        first = Date.now()
        resolve(signal)
      } else if (Date.now() - first > SAME_WISH) again?.()
    }
    for (const signal of SIGNALS) process.on(signal, listen)
  })
}

/**
 * Aborts at the first signal that asks this process to end, or when nobody reads what it prints any more (`| head`);
 * `release` lets signals do what they always do.
 */
export function whenSignalled(): { signal: AbortSignal; release(): void } {
  const stop = new AbortController()
  const listen = () => stop.abort()
  for (const signal of SIGNALS) process.on(signal, listen)
  process.stdout.once('error', listen)
  return {
    signal: stop.signal,
    release() {
      process.stdout.off('error', listen)
      for (const signal of SIGNALS) process.off(signal, listen)
    },
  }
}
