/** Who waits for the next change of something. */
export interface Waiters {
  /** Resolves when somebody wakes them, or when `signal` aborts. */
  next(signal: AbortSignal): Promise<void>
  /** Lets everybody go on who waits now. */
  wake(): void
}

export function createWaiters(): Waiters {
  const waiting = new Set<() => void>()
  return {
    next: (signal) =>
      new Promise((resolve) => {
        const resume = () => {
          waiting.delete(resume)
          signal.removeEventListener('abort', resume)
          resolve()
        }
        if (signal.aborted) return resolve()
        waiting.add(resume)
        signal.addEventListener('abort', resume)
      }),
    wake() {
      for (const resume of [...waiting]) resume()
    },
  }
}
