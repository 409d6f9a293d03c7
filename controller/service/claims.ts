import { SetpointError } from '../../schemas/error.ts'
import type { StackRecord } from '../../schemas/record.ts'
import type { Claim, Claims } from '../plan/volumes.ts'
import { wantedRevision } from '../rollout/accept.ts'
import type { Sources } from '../sources/sources.ts'

export interface ClaimsDeps {
  records: { list(): StackRecord[] }
  sources: Pick<Sources, 'stacks' | 'candidate' | 'status'>
}

/** What was accepted, what a rollout goes to or comes from, and what the newest commit says. */
export function claimsOf({ records, sources }: ClaimsDeps): Claims {
  const kept = new Map(records.list().map((record) => [record.name, record]))
  const newest = sources.stacks().map((name) => ({
    name,
    record: kept.get(name),
    spec: sources.candidate(name)?.spec,
  }))
  const known = newest.flatMap(({ record, spec }) =>
    typeof spec === 'object' ? [{ spec, ...placesOf(record) }] : [],
  )
  const unknown = newest.filter(({ record, spec }) => spec === 'invalid' && !record?.accepted)
  return {
    known: [...[...kept.values()].flatMap(recordedClaims), ...known],
    unknown: unknown.map(({ name }) => name),
  }
}

function recordedClaims(record: StackRecord): Claim[] {
  const { accepted, healthy } = record
  return [accepted, healthy, wantedRevision(record)].flatMap((revision) =>
    revision === null ? [] : [{ spec: revision.spec, ...placesOf(record) }],
  )
}

function placesOf(record: StackRecord | undefined): Pick<Claim, 'inventory' | 'moving'> {
  return { inventory: record?.inventory ?? [], moving: record?.rollout != null }
}

/** The names of those that no look has ended at since the controller started. */
export function unreadSources(sources: Pick<Sources, 'status'>): string[] {
  return sources.status().flatMap(({ name, polled }) => (polled === null ? [name] : []))
}

/**
 * Records may be of an earlier commit, or lost: before the first look at a source has ended, nobody knows all claims.
 * @throws SetpointError VOLUME_KEPT
 */
export function checkAllRead(sources: Pick<Sources, 'status'>): void {
  const unread = unreadSources(sources)
  if (unread.length === 0) return
  const names = unread.join(', ')
  throw new SetpointError(
    'VOLUME_KEPT',
    `Nobody knows yet which volumes ${names} declares: it was not read since the controller started.`,
    { hint: '`setpoint status` tells why. Leave a source that is gone for good out of --source.' },
  )
}
