import { randomUUID } from 'node:crypto'
import { createWaiters } from '../../schemas/common/waiters.ts'
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
  const waiters = createWaiters()
  let count = 0
  let closed = false

  const tag = () => `"${boot}-${count}"`
  const stop = service.onChange(() => {
    count += 1
    waiters.wake()
  })

  return {
    tag,
    next(since, signal) {
      const isOld = since !== undefined && since !== tag()
      return closed || isOld ? Promise.resolve() : waiters.next(signal)
    },
    close() {
      closed = true
      stop()
      waiters.wake()
    },
  }
}
