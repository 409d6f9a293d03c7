import { messageOf, SetpointError } from '../../../schemas/error.ts'
import type { Log } from '../../../schemas/log.ts'
import type { Collector, ImageUse } from './collector.ts'

/** Decides when images are cleared up: now and then, when the disk is filling up, and when there is no room at all. */
export interface Tidier {
  /** Gets an image. When there is no room for it room is made, once, and it is tried again. */
  whileFetching<T>(fetch: () => Promise<T>): Promise<T>
  /** Clears up from here on, knowing what tasks use; the function given back ends that. */
  keepTidy(uses: () => ImageUse[]): () => void
  /** Clears up now, unless something is being fetched: it may be about to use a layer that would go. */
  tidy(options?: { all?: boolean }): Promise<number>
}

/** Milliseconds: a start is no time for it. */
const FIRST = 10 * 60_000
const EVERY = 60 * 60_000

/** Clears up with the collector given; nothing before `keepTidy` has told what is used. */
export function createTidier({ collector, log }: { collector: Collector; log: Log }): Tidier {
  let uses: (() => ImageUse[]) | undefined
  let fetching = 0
  let tidying: Promise<number> | undefined

  function collect(all: boolean, others: number): Promise<number> {
    // Until it is told what is used it removes nothing.
    if (uses === undefined || others > 0) return Promise.resolve(0)
    tidying ??= collector
      .collect(uses(), { all })
      .catch((error) => {
        log.warn({ problem: messageOf(error) }, 'Images could not be cleared up')
        return 0
      })
      .finally(() => {
        tidying = undefined
      })
    return tidying
  }

  async function withRoom<T>(fetch: () => Promise<T>): Promise<T> {
    try {
      return await fetch()
    } catch (error) {
      const isFull = error instanceof SetpointError && error.code === 'DISK_FULL'
      if (!isFull || (await collect(true, fetching - 1)) === 0) throw error
      return fetch()
    }
  }

  async function tidyIfFilling(): Promise<void> {
    if (fetching === 0 && (await collector.isFilling())) await collect(false, fetching)
  }

  return {
    async whileFetching(fetch) {
      await tidying
      fetching += 1
      try {
        return await withRoom(fetch)
      } finally {
        fetching -= 1
        void tidyIfFilling().catch((error) =>
          log.warn({ problem: messageOf(error) }, 'The disk cannot be looked at'),
        )
      }
    },
    keepTidy(given) {
      uses = given
      const now = () => void collect(false, fetching)
      const first = setTimeout(now, FIRST).unref()
      const timer = setInterval(now, EVERY).unref()
      return () => {
        clearTimeout(first)
        clearInterval(timer)
        uses = undefined
      }
    },
    tidy: ({ all = false } = {}) => collect(all, fetching),
  }
}
