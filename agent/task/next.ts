import { isTerminal } from '../../schemas/task.ts'
import { type Entry, type Replacement, type StopReason, serves } from './entry.ts'
import { retryDelay } from './restart.ts'

/** What to do next for a task: one effect, or to wait until something happens or the time (ms) comes. */
export type Next =
  | { do: 'prepare' }
  | { do: 'makeRoom'; ids: string[] }
  | { do: 'start' }
  | { do: 'stop'; why: StopReason }
  | { do: 'kill' }
  | { do: 'remove' }
  | { do: 'wait'; until?: number }

const WAIT: Next = { do: 'wait' }

/**
 * What to do next, from what is wanted of the task and how far it has come. Pure, and it looks at the entry alone, so
 * the answer is the same after a crash.
 * @param lasted milliseconds for which the process has run, where they are known better than by the clock's time
 */
export function next(entry: Entry, now: number, lasted = ranFor(entry, now)): Next {
  const { state } = entry.status
  if (state === 'running') return whileRunning(entry, now, lasted)
  if (entry.wanted === 'removed') return removal(entry, now)
  if (entry.wanted === 'ended') return WAIT
  if (isTerminal(state)) return whenEnded(entry, now)
  if (isFresh(entry))
    return entry.replaces && mustBeAlone(entry) ? makeRoom(entry.replaces) : { do: 'prepare' }
  if (state === 'ready' && entry.replaces?.order === 'stop-first') return makeRoom(entry.replaces)
  return { do: 'start' }
}

function isFresh({ status: { state }, prepared }: Entry): boolean {
  return state === 'assigned' || state === 'preparing' || !prepared
}

/** A fixed address is held by the task before until that is gone: there is nothing to be prepared beside it. */
function mustBeAlone({ task }: Entry): boolean {
  return task.container.networks.some(({ ipv4, ipv6, mac }) => ipv4 ?? ipv6 ?? mac)
}

function whileRunning(entry: Entry, now: number, lasted: number): Next {
  if (entry.wanted === 'removed') return stopping(entry, 'removed', now)
  if (entry.stop) return stopping(entry, entry.stop.why, now)
  if (!entry.replaces) return WAIT
  if (entry.replaces.order === 'stop-first' || serves(entry)) return makeRoom(entry.replaces)
  const left = entry.replaces.healthDeadline - lasted
  return left <= 0 ? { do: 'stop', why: 'late' } : { do: 'wait', until: now + left }
}

/** Milliseconds since the process of a task was started, by a clock that may have been set since. */
export function ranFor({ status }: Entry, now: number): number {
  return Math.max(0, now - Date.parse(status.startedAt ?? status.since))
}

function stopping(entry: Entry, why: StopReason, now: number): Next {
  if (entry.stop?.killAt === undefined) return { do: 'stop', why }
  const time = Date.parse(entry.stop.killAt)
  return due('kill', { since: time - entry.task.container.stopGracePeriod, time }, now)
}

function whenEnded(entry: Entry, now: number): Next {
  const { since, restartAt } = entry.status
  if (restartAt === undefined) return WAIT
  const wait = { since: Date.parse(since), time: Date.parse(restartAt) }
  return due(entry.prepared && !entry.notKnown ? 'start' : 'prepare', wait, now)
}

function makeRoom(replaces: Replacement): Next {
  return { do: 'makeRoom', ids: replaces.ids }
}

function removal({ retryAt, rejections }: Entry, now: number): Next {
  if (retryAt === undefined) return { do: 'remove' }
  const time = Date.parse(retryAt)
  return due('remove', { since: time - retryDelay(rejections), time }, now)
}

/** The largest step, in milliseconds, of a clock that is only being kept in time. */
const SMALL_STEP = 1_000

/**
 * The effect once its time has come, until then a wait; both times in milliseconds. When it is earlier now than it was
 * as the wait began, somebody has set the clock back, and nothing waits for that time to come again.
 */
function due(
  effect: 'kill' | 'remove' | 'start' | 'prepare',
  { since, time }: { since: number; time: number },
  now: number,
): Next {
  const isSetBack = now < since - SMALL_STEP
  return now >= time || isSetBack ? { do: effect } : { do: 'wait', until: time }
}
