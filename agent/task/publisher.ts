import type { Log } from '../../schemas/log.ts'
import type { Clock } from '../clock.ts'
import type { Endpoint } from '../network/networks.ts'

/** Keeps names and published ports leading to the tasks that serve. */
export interface Publisher {
  /** Something may have changed: publish the whole truth, soon. */
  request(): void
  /** Resolves when what serves at this moment is what is published. Never rejects: a failure is told and tried again. */
  flush(): Promise<void>
  close(): void
}

export interface PublisherOptions {
  publish(endpoints: Endpoint[]): Promise<void>
  /** The tasks that serve now. */
  serving(): Endpoint[]
  clock: Clock
  log: Log
}

/** Changes this close together (ms) are published together. */
const DEBOUNCE = 5
const RETRY = 1_000

/** Level-based: one publication at a time, each with all that serves; what changes meanwhile comes with the next. */
export function createPublisher({ publish, serving, clock, log }: PublisherOptions): Publisher {
  let cancel: (() => void) | undefined
  let underWay: Promise<void> | undefined
  let following: Promise<void> | undefined
  let closed = false

  const schedule = (ms: number) => {
    if (cancel || closed) return
    cancel = clock.after(ms, () => {
      cancel = undefined
      void flush()
    })
  }

  const once = async () => {
    try {
      await publish(serving())
    } catch (error) {
      log.warn({ error: String(error) }, 'Names and ports could not be published; trying again')
      schedule(RETRY)
    } finally {
      underWay = undefined
    }
  }

  const flush = (): Promise<void> => {
    if (closed) return Promise.resolve()
    if (!underWay) {
      underWay = once()
      return underWay
    }
    following ??= underWay.then(() => {
      following = undefined
      return flush()
    })
    return following
  }

  return {
    request: () => schedule(DEBOUNCE),
    flush,
    close() {
      closed = true
      cancel?.()
    },
  }
}
