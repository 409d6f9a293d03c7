/** Tells listeners that something has changed, and not what. */
export interface Broadcast {
  tell(): void
  /** @returns what ends the listening */
  listen(listener: () => void): () => void
}

/** A broadcast without listeners yet. */
export function broadcast(): Broadcast {
  const listeners = new Set<() => void>()
  return {
    tell: () => {
      for (const listener of listeners) listener()
    },
    listen: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
