import type { ObservedHost } from '../../schemas/fleet.ts'
import { HEARTBEAT } from '../../schemas/wire.ts'

/** A host this many milliseconds silent is stale: one heartbeat is late. */
const STALE_AFTER = 1.5 * HEARTBEAT

/** A host this many milliseconds silent, while it could be heard, is lost. */
const LOST_AFTER = 3 * HEARTBEAT

/** Since when, without a break, reports can be heard, and when that was last known; in milliseconds. */
export interface Link {
  since: number
  last: number
}

/** The link after Redis answered at `now`: a long pause begins it anew. */
export function heardAt(link: Link, now: number): Link {
  const broken = now - link.last >= STALE_AFTER
  return { since: broken ? now : link.since, last: Math.max(now, link.last) }
}

/**
 * The state of a host that was last heard at `seen`. Silence counts against a host only while it could have been
 * heard: after an outage of Redis, a suspended machine or a start nobody is lost before three heartbeats are missing.
 */
export function hostState(seen: number, link: Link, now: number): ObservedHost['state'] {
  if (now - seen < STALE_AFTER) return 'ready'
  const linked = now - link.last < STALE_AFTER
  return linked && now - Math.max(seen, link.since) >= LOST_AFTER ? 'lost' : 'stale'
}
