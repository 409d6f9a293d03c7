import { isTerminal } from '../../schemas/task.ts'
import { type Entry, type Replacement, type StopReason, serves } from './entry.ts'

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
 */
export function next(entry: Entry, now: number): Next {
  const { state } = entry.status
  if (state === 'running') return whileRunning(entry, now)
  if (entry.wanted === 'removed') return due('remove', entry.retryAt, now)
  if (entry.wanted === 'ended') return WAIT
  if (isTerminal(state)) return whenEnded(entry, now)
  if (state === 'assigned' || state === 'preparing' || !entry.prepared) return { do: 'prepare' }
  if (state === 'ready' && entry.replaces?.order === 'stop-first') return makeRoom(entry.replaces)
  return { do: 'start' }
}

function whileRunning(entry: Entry, now: number): Next {
  if (entry.wanted === 'removed') return stopping(entry, 'removed', now)
  if (entry.stop) return stopping(entry, entry.stop.why, now)
  if (!entry.replaces) return WAIT
  if (entry.replaces.order === 'stop-first' || serves(entry)) return makeRoom(entry.replaces)
  const deadline = Date.parse(entry.status.startedAt ?? entry.status.since) + entry.replaces.healthDeadline
  return now >= deadline ? { do: 'stop', why: 'late' } : { do: 'wait', until: deadline }
}

function stopping(entry: Entry, why: StopReason, now: number): Next {
  return entry.stop?.killAt === undefined ? { do: 'stop', why } : due('kill', entry.stop.killAt, now)
}

function whenEnded(entry: Entry, now: number): Next {
  if (entry.status.restartAt === undefined) return WAIT
  return due(entry.prepared ? 'start' : 'prepare', entry.status.restartAt, now)
}

function makeRoom(replaces: Replacement): Next {
  return { do: 'makeRoom', ids: replaces.ids }
}

/** The effect once its time has come, until then a wait. */
function due(effect: 'kill' | 'remove' | 'start' | 'prepare', at: string | undefined, now: number): Next {
  const time = at === undefined ? 0 : Date.parse(at)
  return now >= time ? { do: effect } : { do: 'wait', until: time }
}
