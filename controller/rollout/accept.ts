import { digest } from '../../schemas/canonical.ts'
import type { Revision, Rollout, ServiceProgress, StackRecord } from '../../schemas/record.ts'
import { shortRevision } from '../../schemas/revision.ts'
import { declaredDigest, type ServiceSpec, type StackSpec } from '../../schemas/stack.ts'
import { beginEntry, finishEntry, namesInHistory } from './history.ts'

/** What the newest commit of a source says of a stack. */
export interface Candidate {
  source: string
  revision: string
  /** `removed`: a valid commit without the stack. `invalid`: the commit has problems. */
  spec: StackSpec | 'removed' | 'invalid'
}

/**
 * Takes the newest commit into a stack's record. An invalid one changes nothing (law 1); one that says the same as
 * before only moves the revision; a new one supersedes what is under way and starts a rollout (law 8).
 */
export function accept(
  record: StackRecord | undefined,
  candidate: Candidate | undefined,
  now: Date,
): StackRecord | undefined {
  if (candidate === undefined || candidate.spec === 'invalid') return record
  if (candidate.spec === 'removed') return record && acceptRemoval(record, now)
  const next = { revision: candidate.revision, spec: candidate.spec }
  // The source is taken over too: the same stack may now come from another one.
  const known = { ...(record ?? emptyRecord(next.spec.name)), source: candidate.source }
  if (known.accepted?.spec.digest === next.spec.digest) return sameContent(known, next)
  return startRollout(known, next, { now, trigger: isSameFile(known.accepted, next) ? 'image' : 'commit' })
}

/** True when only the images have moved: what the file says is as before. */
function isSameFile(accepted: Revision | null, next: Revision): boolean {
  return accepted !== null && declaredDigest(accepted.spec) === declaredDigest(next.spec)
}

/** A record that starts its move to a revision; what was under way is superseded. */
export function startRollout(
  record: StackRecord,
  to: Revision,
  { now, trigger }: { now: Date; trigger: string },
): StackRecord {
  const rollout = newRollout(record, to, { direction: 'forward', now })
  const superseded = supersede(record, now)
  return {
    ...superseded,
    accepted: to,
    bad: null,
    rollout,
    outcome: 'rolling',
    message: `Rolling out ${shortRevision(to.revision)}.`,
    history: beginEntry(superseded.history, rollout, trigger),
  }
}

/**
 * A record that turns back to a healthy revision and keeps the content it leaves as bad until a commit changes it. The
 * revision is called as the history calls it, where an operator looks for it.
 */
export function startRollback(
  record: StackRecord,
  healthy: Revision,
  { now, reason, trigger, cause }: { now: Date; reason: string; trigger: string; cause?: Rollout['cause'] },
): StackRecord {
  const names = namesInHistory(record.history, healthy)
  const isKnown = names.length === 0 || names.includes(healthy.revision)
  const to = isKnown ? healthy : { ...healthy, revision: names[0] ?? healthy.revision }
  const rollout = { ...newRollout(record, to, { direction: 'back', now }), ...(cause && { cause }) }
  const left = record.rollout?.to ?? record.accepted ?? to
  return {
    ...record,
    bad: { revision: left.revision, digest: left.spec.digest, reason, at: now.toISOString() },
    rollout,
    outcome: 'rolling',
    message: `Going back to ${shortRevision(to.revision)}: ${reason}`,
    history: beginEntry(record.history, rollout, trigger),
  }
}

/** What is wanted of a stack now: where its rollout goes, else the accepted revision unless that is known to be bad. */
export function wantedRevision(record: StackRecord): Revision | null {
  if (record.rollout !== null) return record.rollout.to
  const { accepted, bad, healthy } = record
  return accepted !== null && healthy !== null && bad?.digest === accepted.spec.digest ? healthy : accepted
}

/**
 * What is wanted of a stack once the candidate has been accepted: null when that is nothing, undefined of a stack that is
 * not known. Of one commit, no stack is ahead of the others, in whatever order they have their turns.
 */
export function nextWanted(...next: Parameters<typeof accept>): StackSpec | null | undefined {
  const record = accept(...next)
  return record && (wantedRevision(record)?.spec ?? null)
}

/** Ends what is under way without a verdict, because something newer takes its place. */
export function supersede(record: StackRecord, now: Date): StackRecord {
  if (record.rollout === null) return record
  const history = finishEntry(record.history, record.rollout.id, { outcome: 'superseded', now })
  return { ...record, rollout: null, history }
}

function acceptRemoval(record: StackRecord, now: Date): StackRecord {
  if (record.accepted === null) return record
  return {
    ...supersede(record, now),
    accepted: null,
    healthy: null,
    bad: null,
    outcome: 'rolling',
    message: 'Removing the stack.',
  }
}

function sameContent(record: StackRecord, next: Revision): StackRecord {
  if (record.accepted?.revision === next.revision) return record
  const converged = record.rollout === null && record.healthy?.spec.digest === next.spec.digest
  const rollout = record.rollout?.direction === 'forward' ? { ...record.rollout, to: next } : record.rollout
  return { ...record, accepted: next, rollout, healthy: converged ? next : record.healthy }
}

function newRollout(
  record: StackRecord,
  to: Revision,
  { direction, now }: Pick<Rollout, 'direction'> & { now: Date },
): Rollout {
  const startedAt = now.toISOString()
  return {
    id: digest([record.name, to.revision, direction, startedAt], 12),
    direction,
    from: record.healthy?.revision ?? null,
    to,
    startedAt,
    services: direction === 'forward' ? carriedOver(record.rollout, to) : {},
    phase: 'rolling',
  }
}

/** What a superseded rollout has let go and that is wanted as it was: it is still held to a deadline. */
function carriedOver(rollout: Rollout | null, to: Revision): Rollout['services'] {
  const before = new Map(rollout?.to.spec.services.map((service) => [service.name, service]))
  const same = to.spec.services.filter(({ name, mode, fingerprint }) => {
    const service = before.get(name)
    return service?.fingerprint === fingerprint && service.mode === mode
  })
  return Object.fromEntries(
    same.flatMap((service) => {
      const progress = rollout?.services[service.name]
      return progress === undefined ? [] : [[service.name, resumed(progress, service)]]
    }),
  )
}

/** The batch in flight has the time that the newer commit gives it, counted from when it was let go. */
function resumed({ deadline, ...progress }: ServiceProgress, { update }: ServiceSpec): ServiceProgress {
  const released = Object.values(progress.released).map((at) => Date.parse(at))
  return {
    ...progress,
    failures: [],
    ...(deadline !== undefined &&
      released.length > 0 && {
        deadline: new Date(Math.max(...released) + update.deadline).toISOString(),
      }),
  }
}

function emptyRecord(name: string): StackRecord {
  return {
    name,
    source: '',
    accepted: null,
    healthy: null,
    previous: [],
    bad: null,
    rollout: null,
    outcome: 'rolling',
    message: '',
    inventory: [],
    history: [],
    since: {},
  }
}
