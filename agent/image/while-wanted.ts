/** Somebody who waits for something that takes long. */
export interface Caller {
  /** Aborts when the caller wants it no more. */
  signal?: AbortSignal
  /** Hears how far it has come, in a few words. */
  tell?: (message: string) => void
}

/** The same for the work: it always has both. */
export type Work<T> = (caller: Required<Caller>) => Promise<T>

interface Running<T> {
  result: Promise<T>
  callers: Set<Caller>
  abort: AbortController
  last: string
}

/**
 * Callers who ask for the same thing while it is being made share it. When the last of them wants it no more it is
 * called off, and who asks for it then begins anew.
 */
export function whileWanted<T>(): (key: string, work: Work<T>, caller: Caller) => Promise<T> {
  const running = new Map<string, Running<T>>()

  function begin(key: string, work: Work<T>): Running<T> {
    const abort = new AbortController()
    const callers = new Set<Caller>()
    const begun: Running<T> = { callers, abort, last: '', result: Promise.resolve() as Promise<never> }
    const tell = (message: string) => {
      begun.last = message
      for (const caller of callers) caller.tell?.(message)
    }
    begun.result = work({ signal: abort.signal, tell }).finally(() => forget(key, begun))
    running.set(key, begun)
    return begun
  }

  function forget(key: string, which: Running<T>): void {
    if (running.get(key) === which) running.delete(key)
  }

  return (key, work, caller) => {
    const shared = running.get(key) ?? begin(key, work)
    shared.callers.add(caller)
    if (shared.last !== '') caller.tell?.(shared.last)
    const leave = () => {
      shared.callers.delete(caller)
      if (shared.callers.size > 0) return
      forget(key, shared)
      shared.abort.abort()
    }
    if (caller.signal?.aborted) leave()
    else caller.signal?.addEventListener('abort', leave, { once: true })
    return shared.result.finally(() => caller.signal?.removeEventListener('abort', leave))
  }
}
