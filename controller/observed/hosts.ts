import type { Observed, ObservedHost } from '../../schemas/fleet.ts'
import type { Log } from '../../schemas/log.ts'
import type { Report, ReportOf, Snapshot } from '../../schemas/report.ts'
import { heardAt, hostState, type Link } from './freshness.ts'
import { type KnownHost, type Merged, mergeDelta, mergeSnapshot } from './merge.ts'
import { MAX_HOSTS } from './read.ts'

/** The hosts as far as they are known, in memory. Times are milliseconds. */
export interface Hosts {
  /** True when the host's snapshot must be read before this report can be taken in. */
  needsSnapshot(report: Report): boolean
  takeSnapshot(snapshot: Snapshot, now: number): Merged | undefined
  takeDelta(delta: ReportOf<'delta'>): Merged | undefined
  /** A report was sent at `at`: its host lives. */
  heard(report: Report, at: number): void
  /** Redis answered at `at`. */
  linked(at: number): void
  /** True when a host's state is another than when this was last asked. */
  stateChanged(now: number): boolean
  /** The same object until something changes. */
  observed(now: number): Observed
  /** The state of a host. One that was never heard is lost once it would be, had it been heard at the start. */
  stateOf(host: string, now: number): ObservedHost['state']
  /** Drops a host. When it is heard again, it is a new one. */
  forget(host: string): void
}

interface Entry {
  known: KnownHost
  /** When it was last heard. */
  seen: number
  /** Lost until it is heard again: an outage of Redis brings nobody back. */
  lost: boolean
  /** Earlier lives of its agent: what comes of them is out of date. */
  retired: string[]
  /** Its state when that was last told of. */
  told: ObservedHost['state'] | undefined
  view: ObservedHost | undefined
}

const RETIRED_KEPT = 16

export function createHosts(log: Log): Hosts {
  const entries = new Map<string, Entry>()
  /** When those were last heard whose snapshot, or that of another life, is not there or cannot be read. */
  const unread = new Map<string, number>()
  let link: Link = { since: 0, last: Number.NEGATIVE_INFINITY }
  let view: Observed = new Map()

  function takeSnapshot(snapshot: Snapshot, now: number): Merged | undefined {
    const { name } = snapshot.host
    const entry = entries.get(name)
    if (entry?.retired.includes(snapshot.boot)) {
      log.debug({ host: name, boot: snapshot.boot }, 'A snapshot of an earlier life of an agent was dropped')
      return undefined
    }
    if (!entry && entries.size >= MAX_HOSTS) {
      log.error({ host: name, most: MAX_HOSTS }, 'A host is not followed: there are too many')
      return undefined
    }
    const merged = mergeSnapshot(entry?.known, snapshot)
    if (merged && entry) update(entry, merged.host)
    else if (merged) entries.set(name, begin(merged.host, Math.min(now, Date.parse(snapshot.at) || 0)))
    unread.delete(name)
    return merged
  }

  function takeDelta(delta: ReportOf<'delta'>): Merged | undefined {
    const entry = entries.get(delta.host)
    const merged = entry && mergeDelta(entry.known, delta)
    if (entry && merged) update(entry, merged.host)
    return merged
  }

  function heard(report: Report, at: number): void {
    const entry = entries.get(report.host)
    if (entry?.known.boot !== report.boot) heardUnread(report.host, at)
    else if (at >= entry.seen) Object.assign(entry, { seen: at, lost: false, view: undefined })
  }

  function heardUnread(host: string, at: number): void {
    const before = unread.get(host) ?? Number.NEGATIVE_INFINITY
    if (unread.has(host) || unread.size < MAX_HOSTS) unread.set(host, Math.max(at, before))
  }

  function stateOf(entry: Entry, now: number): ObservedHost['state'] {
    entry.lost ||= hostState(entry.seen, link, now) === 'lost'
    return entry.lost ? 'lost' : hostState(entry.seen, link, now)
  }

  function tellState(entry: Entry, now: number): boolean {
    const before = entry.told
    entry.told = stateOf(entry, now)
    return before !== undefined && before !== entry.told
  }

  /** True when the entry's part of the view had to be made anew. */
  function refresh(entry: Entry, now: number): boolean {
    const state = stateOf(entry, now)
    if (entry.view?.state === state) return false
    entry.view = viewOf(entry, state)
    return true
  }

  return {
    needsSnapshot: ({ kind, host, boot, sequence }) => {
      const entry = entries.get(host)
      if (!entry) return true
      if (entry.known.boot !== boot) return !entry.retired.includes(boot)
      return kind === 'snapshot' && sequence > entry.known.sequence
    },
    takeSnapshot,
    takeDelta,
    heard,
    linked: (at) => {
      link = heardAt(link, at)
    },
    stateChanged: (now) => [...entries.values()].filter((entry) => tellState(entry, now)).length > 0,
    observed: (now) => {
      let changed = false
      for (const entry of entries.values()) changed = refresh(entry, now) || changed
      if (changed) view = new Map([...entries].map(([name, entry]) => [name, entry.view as ObservedHost]))
      return view
    },
    stateOf: (host, now) => {
      const entry = entries.get(host)
      const ofUnread = hostState(unread.get(host) ?? Number.NEGATIVE_INFINITY, link, now)
      if (!entry) return ofUnread
      const state = stateOf(entry, now)
      return state === 'lost' && ofUnread === 'ready' ? 'stale' : state // it is there, whatever it has by now
    },
    forget: (host) => {
      unread.delete(host)
      if (entries.delete(host)) view = new Map([...view].filter(([name]) => name !== host))
    },
  }
}

function begin(known: KnownHost, seen: number): Entry {
  return { known, seen, lost: false, retired: [], told: undefined, view: undefined }
}

function update(entry: Entry, known: KnownHost): void {
  if (known.boot !== entry.known.boot) {
    entry.retired = [entry.known.boot, ...entry.retired].slice(0, RETIRED_KEPT)
  }
  entry.known = known
  entry.view = undefined
}

function viewOf({ known, seen }: Entry, state: ObservedHost['state']): ObservedHost {
  return {
    info: known.info,
    state,
    seen: new Date(seen).toISOString(),
    tasks: [...known.tasks.values()],
    strays: known.strays,
    usage: known.usage,
  }
}
