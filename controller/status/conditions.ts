import type { Observed } from '../../schemas/fleet.ts'
import type { StackRecord } from '../../schemas/record.ts'
import { shortRevision } from '../../schemas/revision.ts'
import type { Condition, DriftedField } from '../../schemas/status.ts'

import { countedOn } from '../plan/forgotten.ts'
import type { Candidate } from '../rollout/accept.ts'

type Fact = Omit<Condition, 'since'>

export interface Seen {
  record: StackRecord
  candidate: Candidate | undefined
  observed: Observed
  drift: DriftedField[]
}

/** The conditions of a stack (the words are Flux's): Ready always; Reconciling, Stalled and Drifted while true. */
export function conditionsOf(seen: Seen): Fact[] {
  return [ready(seen), reconciling(seen), stalled(seen), drifted(seen)].filter((fact) => fact !== undefined)
}

/**
 * Since when each condition and each drifted field is as it is now: ISO times by key. What is no longer so is
 * forgotten, what is new begins now.
 */
export function trackSince(
  since: Record<string, string>,
  { conditions, drift, now }: { conditions: Fact[]; drift: DriftedField[]; now: Date },
): Record<string, string> {
  const keys = [
    ...conditions.map(conditionKey),
    ...drift.map(driftKey),
    ...('serving' in since ? ['serving'] : []),
  ]
  return Object.fromEntries(keys.map((key) => [key, since[key] ?? now.toISOString()]))
}

export function conditionKey({ type, status, reason }: Fact): string {
  return `${type}/${status}/${reason}`
}

export function driftKey({ taskId, field }: DriftedField): string {
  return `drift/${taskId}/${field}`
}

function ready({ record, candidate, observed }: Seen): Fact {
  if (candidate?.spec === 'invalid') return { ...invalid(record, candidate), type: 'Ready', status: 'False' }
  const silent = silentHost(record, observed)
  if (silent !== undefined) {
    const how = observed.has(silent)
      ? `Host ${silent} does not report`
      : `Nothing is known of host ${silent}: it does not report, or what it reports cannot be read, which the controller's log tells`
    const message = `${how}; its tasks are left as they are. \`setpoint hosts rm ${silent}\` if it is gone for good.`
    return { type: 'Ready', status: 'Unknown', reason: 'HostSilent', message }
  }
  const status = record.outcome === 'converged' && record.rollout === null ? 'True' : 'False'
  return { type: 'Ready', status, reason: READY_REASONS[record.outcome], message: record.message }
}

const READY_REASONS: Record<StackRecord['outcome'], string> = {
  converged: 'Converged',
  rolling: 'Progressing',
  rolledBack: 'RolledBack',
  degraded: 'Degraded',
  stalled: 'RolloutFailed',
  superseded: 'Superseded',
}

function silentHost({ inventory }: StackRecord, observed: Observed): string | undefined {
  return countedOn(inventory).find((item) => observed.get(item.host)?.state !== 'ready')?.host
}

function reconciling({ record }: Seen): Fact | undefined {
  const { rollout } = record
  if (rollout === null || rollout.phase === 'paused') return undefined
  const reason = rollout.direction === 'back' ? 'RollingBack' : 'RollingOut'
  return { type: 'Reconciling', status: 'True', reason, message: record.message }
}

/** Stalled tells an observer to stop waiting: only a person or a newer commit helps. */
function stalled({ record, candidate }: Seen): Fact | undefined {
  if (candidate?.spec === 'invalid') return invalid(record, candidate)
  const held =
    record.rollout === null && record.bad !== null && record.bad.digest === record.accepted?.spec.digest
  if (!held && record.outcome !== 'stalled') return undefined
  return {
    type: 'Stalled',
    status: 'True',
    reason: held ? 'RevisionIsBad' : 'RolloutPaused',
    message: record.message,
  }
}

/** What runs is as it was, but it is not what the newest commit says. */
function invalid({ accepted }: StackRecord, { revision }: Candidate): Fact {
  const force =
    accepted === null ? 'nothing was deployed' : `${shortRevision(accepted.revision)} stays in force`
  const message = `Commit ${shortRevision(revision)} has problems; ${force}.`
  return { type: 'Stalled', status: 'True', reason: 'InvalidRevision', message }
}

function drifted({ drift }: Seen): Fact | undefined {
  const [first] = drift
  if (first === undefined) return undefined
  const more = drift.length > 1 ? ` and ${drift.length - 1} more` : ''
  const left = first.isUnhealed ? '; a new start has not put it right, and it is left so' : ''
  const message = `${first.taskId} ${first.field}: wanted ${first.wanted}, found ${first.found}${left}${more}`
  return { type: 'Drifted', status: 'True', reason: 'FieldsDiffer', message }
}
