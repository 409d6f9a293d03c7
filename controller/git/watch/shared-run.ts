/**
 * Lets callers at once share one run of a task. A caller that comes while a run is under way gets the next one,
 * never the one before: what it asks about may have changed since that one began.
 */
export function sharedRun<T>(task: () => Promise<T>): () => Promise<T> {
  let waiting: Promise<T> | undefined
  let running: Promise<unknown> = Promise.resolve()

  return () => {
    waiting ??= running.then(tick).then(() => {
      const run = task()
      waiting = undefined
      running = run.catch(() => {})
      return run
    })
    return waiting
  }
}

/** One pass of the event loop, in which callers woken by the same event arrive. */
function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
