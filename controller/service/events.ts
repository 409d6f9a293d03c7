import { createWaiters } from '../../schemas/common/waiters.ts'
import type { Event } from '../../schemas/event.ts'
import { eventsBetween, type Scene } from '../status/events.ts'

export interface EventsQuery {
  follow: boolean
  /** ISO time. */
  since?: string
  stack?: string
}

/** What has happened since this controller started: the latest of it, in memory. */
export interface Events {
  /** What there is, and with `follow` what comes, until `signal` aborts. */
  read(query: EventsQuery, signal: AbortSignal): AsyncGenerator<Event>
  /** Tells of something that cannot be seen. */
  note(event: Event): void
  close(): void
}

export interface EventsOptions {
  /** What can be seen now. */
  look: () => Scene
  /** False while hosts have yet to be heard of again: that what they have comes into sight is no event. */
  isCurrent: () => boolean
  onChange: (listener: () => void) => () => void
  now: () => Date
  /** Milliseconds between two looks at least. */
  pause?: number
}

/** How many events are kept: the latest. */
const KEPT = 2_000
/** Milliseconds between two looks at least, unless told otherwise. */
const PAUSE = 200

/** Compares what can be seen after each change with what was seen before it. What is there at first is no event. */
export function createEvents({ look, isCurrent, onChange, now, pause = PAUSE }: EventsOptions): Events {
  const kept: Event[] = []
  const waiters = createWaiters()
  let scene: Scene | undefined
  let timer: NodeJS.Timeout | undefined
  /** How many events there have ever been. */
  let count = 0
  const stop = onChange(() => {
    if (scene !== undefined) timer ??= setTimeout(compare, pause)
    else if (isCurrent()) scene = look()
  })

  function compare(): void {
    timer = undefined
    const seen = look()
    const at = now().toISOString()
    const before = scene ?? seen
    scene = seen
    keep(eventsBetween(before, seen).map((event) => ({ at, ...event })))
  }

  function keep(events: Event[]): void {
    if (events.length === 0) return
    count += events.length
    kept.push(...events)
    kept.splice(0, Math.max(0, kept.length - KEPT))
    waiters.wake()
  }

  return {
    async *read({ follow, since, stack }, signal) {
      const isMeant = (event: Event) =>
        (stack === undefined || event.stack === stack) && (since === undefined || event.at >= since)
      let position = count - kept.length
      for (;;) {
        const first = Math.max(0, kept.length - (count - position))
        const next = kept.slice(first)
        position = count
        yield* next.filter(isMeant)
        if (!follow || signal.aborted) return
        if (position === count) await waiters.next(signal)
      }
    },
    note: (event) => keep([event]),
    close() {
      stop()
      clearTimeout(timer)
      waiters.wake()
    },
  }
}
