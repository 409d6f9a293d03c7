import { randomUUID } from 'node:crypto'
import type { Service } from './service.ts'

/** Counts the changes of the status and wakes who waits for the next one. */
export interface Changes {
  /** Names the status as it is now; another life of the controller never gives the same name. */
  tag(): string
  /** Resolves at once when the status is no longer the one called `since`, else at the next change, or when `signal` aborts. */
  next(since: string | undefined, signal: AbortSignal): Promise<void>
  /** Lets everybody go. */
  close(): void
}

export function followChanges(service: Pick<Service, 'onChange'>): Changes {
  const boot = randomUUID().slice(0, 8)
  const waiting = new Set<() => void>()
  let count = 0
  let closed = false

  const tag = () => `"${boot}-${count}"`
  const wake = () => {
    for (const resume of [...waiting]) resume()
  }
  const stop = service.onChange(() => {
    count += 1
    wake()
  })

  return {
    tag,
    next(since, signal) {
      if (closed || signal.aborted || (since !== undefined && since !== tag())) return Promise.resolve()
      return new Promise((resolve) => {
        const resume = () => {
          waiting.delete(resume)
          signal.removeEventListener('abort', resume)
          resolve()
        }
        waiting.add(resume)
        signal.addEventListener('abort', resume)
      })
    },
    close() {
      closed = true
      stop()
      wake()
    },
  }
}
