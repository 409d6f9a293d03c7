import type { Log } from '../../schemas/log.ts'
import type { Report, ReportOf } from '../../schemas/report.ts'
import { SNAPSHOTS } from '../../schemas/wire.ts'
import { closeRedis, connectRedis, reaching, whenReady } from '../redis.ts'
import { createChanges, guarded } from './changes.ts'
import type { Fleet } from './fleet.ts'
import { createFollower } from './follower.ts'
import { createHosts } from './hosts.ts'
import { readReport, readSnapshot } from './read.ts'
import type { Arrival } from './report-reader.ts'
import { fetchSnapshots, snapshotNames } from './stream.ts'

export interface FleetOptions {
  /** The address of the Redis. */
  redis: string
  log: Log
  now?: () => Date
  /** Milliseconds that `start` waits for Redis. */
  timeout?: number
}

/**
 * The fleet as the agents report it through Redis. `start` rejects with REDIS_UNREACHABLE when nothing can be read in
 * time, and goes on trying: until then no host is known. Whatever Redis forgets, the fleet keeps what it knows.
 */
export function createFleet({ redis, log, now = () => new Date(), timeout = 10_000 }: FleetOptions): Fleet {
  const commands = connectRedis(redis, log)
  const hosts = createHosts(log)
  const changes = createChanges(log)
  const newLives: ((host: string) => void)[] = []
  const outcomes: ((outcome: ReportOf<'outcome'>) => void)[] = []
  const time = () => now().getTime()
  let caughtUp = false

  /** Reads the snapshots of the hosts named, or of all there are. */
  async function readSnapshots(names?: string[]): Promise<void> {
    await whenReady(commands)
    const found = await fetchSnapshots(commands, names ?? (await snapshotNames(commands)))
    for (const [host, text] of found) takeSnapshot(host, text)
  }

  function takeSnapshot(host: string, text: string | number): void {
    const snapshot = typeof text === 'string' ? readSnapshot(host, text) : tooLarge(text)
    if (!snapshot.ok) {
      log.warn({ host, problem: snapshot.message }, 'A snapshot was dropped')
      return
    }
    const merged = hosts.takeSnapshot(snapshot.value, time())
    changes.note(merged)
    if (merged?.isNewLife) for (const listener of newLives) guarded(() => listener(host), log)
  }

  async function takeEntries(entries: Arrival[]): Promise<void> {
    for (const { at } of entries) hosts.linked(at) // then Redis could be reached
    const reports = entries.flatMap(readEntry)
    // What is read now is at least as new as any entry here, so one read serves them all.
    const wanting = reports
      .filter(({ report }) => hosts.needsSnapshot(report))
      .map(({ report }) => report.host)
    if (wanting.length > 0) await readSnapshots([...new Set(wanting)])
    for (const { report, at, news } of reports) {
      if (report.kind === 'delta') changes.note(hosts.takeDelta(report))
      hosts.heard(report, at)
      if (news) tell(report)
    }
  }

  function readEntry({
    id,
    report: text,
    at,
    news,
  }: Arrival): { report: Report; at: number; news: boolean }[] {
    const report = readReport(text)
    if (report.ok) return [{ report: report.value, at, news }]
    log.warn({ entry: id, problem: report.message }, 'A report was dropped')
    return []
  }

  /** In memory only after Redis: what it still has of the host would bring it back. */
  async function forget(host: string): Promise<void> {
    await whenReady(commands)
    await commands.hdel(SNAPSHOTS, host)
    hosts.forget(host)
    changes.note({ stacks: new Set(), whole: true })
  }

  function tell(report: Report): void {
    if (report.kind === 'outcome') for (const listener of outcomes) guarded(() => listener(report), log)
  }

  function arrived(): void {
    caughtUp = true
    hosts.linked(time())
    if (hosts.stateChanged(time())) changes.note({ stacks: new Set(), whole: true })
  }

  const follower = createFollower({
    redis,
    log,
    time,
    readSnapshots: () => readSnapshots(),
    takeEntries,
    arrived,
  })
  return {
    start: () => reaching(() => follower.start(), timeout),
    observed: (at) => hosts.observed(at.getTime()),
    stateOf: (host, at) => hosts.stateOf(host, at.getTime()),
    forget: (host) => reaching(() => forget(host), timeout),
    isCurrent: () => caughtUp,
    onChange: changes.listen,
    onNewLife: (listener) => void newLives.push(listener),
    onOutcome: (listener) => void outcomes.push(listener),
    close: async () => {
      closeRedis(commands)
      await follower.close()
    },
  }
}

function tooLarge(size: number) {
  return { ok: false, message: `it has ${size} bytes, which is too large` } as const
}
