/** Work that is never done twice at once: calls made while it is under way share the next, which begins after it. */
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
    if (next) return next // who has waited for the one before asks in the moment between the two
    if (!running) return begin()
    next = running.catch(ignored).then(() => {
      next = undefined
      return begin()
    })
    return next
  }
}

/** The caller whose work it was has been told. */
function ignored(): void {}
