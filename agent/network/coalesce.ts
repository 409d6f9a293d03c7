/** Runs saves of one thing one after the other; calls made while one runs share the next. */
export function coalesce(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  const begin = (): Promise<void> => {
    const run = work().finally(() => {
      if (running === run) running = undefined
    })
    running = run
    return run
  }
  return () => {
    if (!running) return begin()
    next ??= running.catch(ignored).then(() => {
      next = undefined
      return begin()
    })
    return next
  }
}

/** The caller whose work it was has been told. */
function ignored(): void {}
