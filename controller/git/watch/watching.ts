/** How a watch is made: resolves with what closes it; null when there is nothing to watch now. */
export type StartWatch = (onChange: () => void, onGone: () => void) => Promise<(() => Promise<void>) | null>

/** A watch with many listeners, that is begun again after what it watched had vanished. */
export interface Watching {
  add(wake: () => void): Promise<void>
  remove(wake: () => void): void
  /** Makes sure that the place is watched; to be called whenever the source was seen. */
  ensure(): void
  close(): Promise<void>
}

export function watching(start: StartWatch): Watching {
  const listeners = new Set<() => void>()
  let current: Promise<(() => Promise<void>) | null> | undefined
  let closed = false

  const wakeAll = () => {
    for (const wake of listeners) wake()
  }

  async function begin(): Promise<void> {
    current ??= start(wakeAll, () => void end())
    // Nothing to watch: the next look that finds the source tries again.
    if ((await current) === null) current = undefined
  }

  async function end(): Promise<void> {
    const ending = current
    current = undefined
    await (await ending)?.()
  }

  return {
    async add(wake) {
      listeners.add(wake)
      await begin()
      wake() // what changed before the watch was ready has woken nobody
    },
    remove(wake) {
      listeners.delete(wake)
    },
    ensure() {
      if (closed || listeners.size === 0 || current !== undefined) return
      void begin().then(wakeAll)
    },
    async close() {
      closed = true
      listeners.clear()
      await end()
    },
  }
}
