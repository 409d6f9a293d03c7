/** How long, in milliseconds, a stack whose turn threw waits for the next one. */
const RETRY = 2_000

export interface Turns {
  /** Asks for a turn of a stack: now if none is under way, else right after it. */
  wake(stack: string): void
  /** Runs something in the place of a turn: no turn of the stack is under way meanwhile; one follows. */
  exclusive<T>(stack: string, work: () => Promise<T>): Promise<T>
  /** Resolves when no turn is under way or asked for. */
  idle(): Promise<void>
  /** No further turn begins; resolves when the ones under way have ended. */
  close(): Promise<void>
}

interface Options {
  turn: (stack: string) => Promise<Date | null>
  /** Called after each turn that ended well. */
  onTurn: (stack: string) => void
  onError: (stack: string, error: unknown) => void
  now: () => Date
}

/** Takes turns: one at a time for each stack, coalescing what wakes it, and one stack's error stops no other. */
export function createTurns({ turn, onTurn, onError, now }: Options): Turns {
  const running = new Map<string, Promise<void>>()
  const again = new Set<string>()
  const timers = new Map<string, NodeJS.Timeout>()
  let closed = false

  function wake(stack: string): void {
    if (closed) return
    clearTimeout(timers.get(stack))
    timers.delete(stack)
    if (running.has(stack)) again.add(stack)
    else begin(stack, () => attempt(stack))
  }

  function begin(stack: string, work: () => Promise<Date | null>): void {
    running.set(
      stack,
      work().then((next) => end(stack, next)),
    )
  }

  function end(stack: string, next: Date | null): void {
    running.delete(stack)
    if (closed) return
    if (again.delete(stack)) wake(stack)
    else if (next !== null)
      timers.set(stack, setTimeout(wake, Math.max(0, next.getTime() - now().getTime()), stack))
  }

  async function attempt(stack: string): Promise<Date | null> {
    try {
      const next = await turn(stack)
      onTurn(stack)
      return next
    } catch (error) {
      onError(stack, error)
      return new Date(now().getTime() + RETRY)
    }
  }

  async function exclusive<T>(stack: string, work: () => Promise<T>): Promise<T> {
    while (running.has(stack)) await running.get(stack)
    const working = work()
    begin(stack, () => working.catch(() => {}).then(now))
    return working
  }

  async function idle(): Promise<void> {
    while (running.size > 0) await Promise.all(running.values())
  }

  return {
    wake,
    exclusive,
    idle,
    close: async () => {
      closed = true
      for (const timer of timers.values()) clearTimeout(timer)
      await idle()
    },
  }
}
