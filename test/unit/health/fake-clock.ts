/** A clock that stands until it is told to go on. */
export function fakeClock(start: number) {
  let now = start
  let setBy = 0
  let timers: { at: number; fn: () => void }[] = []

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  }

  return {
    now: () => now + setBy,
    uptime: () => now,
    /** Somebody sets the clock on by so many milliseconds, or back. */
    set(by: number) {
      setBy += by
    },
    after(ms: number, fn: () => void) {
      const timer = { at: now + ms, fn }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    pending: () => timers.length,
    /** Lets so many milliseconds pass, calling each timer at its time. */
    async advance(ms: number): Promise<void> {
      const end = now + ms
      await settle()
      for (let next = due(end); next; next = due(end)) {
        now = Math.max(now, next.at)
        timers = timers.filter((timer) => timer !== next)
        next.fn()
        await settle()
      }
      now = end
    },
  }

  function due(end: number) {
    return timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
  }
}
