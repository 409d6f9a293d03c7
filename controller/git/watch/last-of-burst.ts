/** Work that is done a while after it was asked for, and of several times only for the last. */
export interface LastOfBurst<T> {
  ask(about: T): void
  /** Does now what waits. */
  settle(): Promise<void>
}

/** @param delay milliseconds; waiting for it keeps no process alive */
export function lastOfBurst<T>(delay: number, work: (about: T) => Promise<void>): LastOfBurst<T> {
  let waiting: { about: T; timer: NodeJS.Timeout } | undefined

  async function settle(): Promise<void> {
    clearTimeout(waiting?.timer)
    const last = waiting
    waiting = undefined
    if (last) await work(last.about)
  }

  return {
    ask(about) {
      clearTimeout(waiting?.timer)
      waiting = { about, timer: setTimeout(() => void settle(), delay).unref() }
    },
    settle,
  }
}
