import { errorFacts, SetpointError } from '../../schemas/error.ts'
import type { SourceTree } from '../../schemas/source.ts'
import type { Source } from './source.ts'

/** Calls a function after some milliseconds; what it returns calls that off. */
export type Timer = (ms: number, call: () => void) => () => void

export interface PollOptions {
  /** Milliseconds between two looks, and after a look that failed. Both vary by a tenth, up and down. */
  interval: number
  retryInterval: number
  /** 0 up to 1. */
  random?: () => number
  timer?: Timer
}

export interface PollHandlers {
  /** A tree that has not been handled yet. Until this succeeds the same tree comes again. */
  onTree(tree: SourceTree): void | Promise<void>
  onError(error: SetpointError): void
  /** A look went well; its revision may be the one handled before. */
  onSeen?(revision: string): void
}

export interface Poller {
  /** Looks at once. Resolves when a look that began no earlier than this call is finished, well or not. */
  wake(): Promise<void>
  /** No further look begins. Resolves when the one under way is finished. The source stays open. */
  stop(): Promise<void>
}

const JITTER = 0.1

/**
 * Keeps looking at a source: at once, at intervals, and whenever it or somebody wakes it. Level-based: what counts
 * is the head now against the revision handled last. One look at a time; wakes during a look make one more.
 */
export function poll(source: Source, options: PollOptions, handlers: PollHandlers): Poller {
  const { interval, retryInterval, random = Math.random, timer = realTimer } = options
  let handled: string | undefined
  let current: Promise<void> | undefined
  let next: Promise<void> | undefined
  let cancel = () => {}
  let stopped = false

  function wake(): Promise<void> {
    if (stopped) return current ?? Promise.resolve()
    if (current === undefined) {
      current = turn()
      return current
    }
    next ??= current.then(() => {
      next = undefined
      return wake()
    })
    return next
  }

  async function turn(): Promise<void> {
    cancel()
    let pause = retryInterval
    try {
      await look()
      pause = interval
    } catch (error) {
      handlers.onError(asSourceError(error, source))
    } finally {
      current = undefined
      if (!stopped) cancel = timer(jittered(pause, random), () => void wake())
    }
  }

  async function look(): Promise<void> {
    const revision = await source.latest()
    if (revision !== handled) {
      await handlers.onTree(await source.read(revision))
      handled = revision
    }
    handlers.onSeen?.(revision)
  }

  void wake()
  source.watch(() => void wake()).catch((error) => handlers.onError(asSourceError(error, source)))

  return {
    wake,
    async stop() {
      stopped = true
      cancel()
      await current
    },
  }
}

/** A duration up to a tenth shorter or longer, so that many pollers do not ask in step. */
export function jittered(ms: number, random: () => number): number {
  return ms * (1 - JITTER + 2 * JITTER * random())
}

function realTimer(ms: number, call: () => void): () => void {
  const handle = setTimeout(call, ms)
  return () => clearTimeout(handle)
}

function asSourceError(error: unknown, source: Source): SetpointError {
  if (error instanceof SetpointError) return error
  const { message } = errorFacts(error, 'SOURCE_INVALID')
  return new SetpointError('SOURCE_INVALID', `${source.name} could not be handled: ${message}`, {
    cause: error,
  })
}
