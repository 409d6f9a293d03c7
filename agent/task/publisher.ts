import { type ErrorFacts, messageOf } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import type { Clock } from '../clock.ts'
import { coalesce } from '../coalesce.ts'
import type { Endpoint } from '../network/networks.ts'
import { factsOfError } from './run/effects.ts'

/** Keeps names and published ports leading to the tasks that serve. */
export interface Publisher {
  /** Something may have changed: publish the whole truth, soon. */
  request(): void
  /** Resolves when what serves at this moment is what is published. Never rejects: a failure is told and tried again. */
  flush(): Promise<void>
  /** True once names and ports lead to the task. */
  leadsTo(taskId: string): boolean
  /** Why a task to which traffic should lead gets none; undefined when it does, or may with the next try. */
  failureOf(taskId: string): ErrorFacts | undefined
  close(): void
}

export interface PublisherOptions {
  publish(endpoints: Endpoint[]): Promise<void>
  /** The tasks that serve now. */
  serving(): Endpoint[]
  /** What `failureOf` says may have changed. */
  onFailure(): void
  clock: Clock
  log: Log
}

/** Changes this close together (ms) are published together. */
const DEBOUNCE = 5
const RETRY = 1_000
/** A failure that the next try mends is nobody's news. */
const TOLD_AFTER = 2

/** Level-based: one publication at a time, each with all that serves; what changes meanwhile comes with the next. */
export function createPublisher({ publish, serving, onFailure, clock, log }: PublisherOptions): Publisher {
  let cancel: (() => void) | undefined
  let inForce = new Set<string>()
  let failures = 0
  let failure: ErrorFacts | undefined
  let closed = false

  const schedule = (ms: number) => {
    if (cancel || closed) return
    cancel = clock.after(ms, () => {
      cancel = undefined
      void flush()
    })
  }

  const fail = (facts: ErrorFacts | undefined) => {
    if (facts?.message === failure?.message) return
    failure = facts
    if (facts) log.warn({ ...facts }, 'Names and ports cannot be published; it is tried again and again')
    else log.info({}, 'Names and ports are published again')
    onFailure()
  }

  const once = async () => {
    if (closed) return
    const endpoints = serving()
    try {
      await publish(endpoints)
      inForce = new Set(endpoints.map(({ task }) => task.id))
      failures = 0
      fail(undefined)
    } catch (error) {
      failures += 1
      if (failures === 1)
        log.warn({ problem: messageOf(error) }, 'Names and ports could not be published; trying again')
      if (failures >= TOLD_AFTER) fail(factsOfError(error, 'NETWORK_FAILED'))
      schedule(RETRY)
    }
  }

  const flush = coalesce(once)

  return {
    request: () => schedule(DEBOUNCE),
    flush,
    leadsTo: (taskId) => inForce.has(taskId),
    // What was in force before still is: nftables takes all of a change or nothing.
    failureOf: (taskId) => (inForce.has(taskId) ? undefined : failure),
    close() {
      closed = true
      cancel?.()
    },
  }
}
