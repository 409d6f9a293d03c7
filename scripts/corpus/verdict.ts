import { type Difference, differences } from './differences.ts'
import { KNOWN_ANSWERS, KNOWN_DIFFERENCES } from './known.ts'
import type { Recorded } from './recorded.ts'
import type { Resolved } from './resolve.ts'

export const VERDICTS = {
  equal: 'accepted by both, with equal models',
  different: 'accepted by both, with different models',
  accepted: 'accepted by both; the model of Compose was not kept',
  refused: 'refused by both',
  refusedWrongly: 'refused by us alone',
  acceptedWrongly: 'accepted by us alone',
  crashed: 'crashed',
} as const
export type Verdict = keyof typeof VERDICTS

/** How our answer for a project stands to that of Compose. */
export interface Compared {
  id: string
  verdict: Verdict
  ms: number
  /** Messages of a refusal, or what was thrown. */
  ours?: string
  theirs?: string
  /** Of the models, with the reason of those that are meant. */
  differences: (Difference & { reason?: string })[]
  /** Why it is right that one accepts what the other does not. */
  reason?: string
}

/** What came out against what was recorded: a verdict, and where they differ. */
export function compare(recorded: Recorded, { outcome, ms }: Resolved): Compared {
  const { id, answer } = recorded
  const base = { id, ms, differences: [] }
  if ('crash' in outcome) return { ...base, verdict: 'crashed', ours: outcome.crash }
  const ours = outcome.accepted ? undefined : outcome.message
  const theirs = answer.accepted ? undefined : answer.message
  const told = { ...base, ...(ours !== undefined && { ours }), ...(theirs !== undefined && { theirs }) }
  if (!outcome.accepted && !answer.accepted) return { ...told, verdict: 'refused' }
  if (outcome.accepted && answer.accepted) {
    if (answer.model === undefined) return { ...told, verdict: 'accepted' }
    const found = differences(outcome.model, answer.model).map(explained)
    return { ...told, differences: found, verdict: found.length === 0 ? 'equal' : 'different' }
  }
  const reason = KNOWN_ANSWERS.find(({ explains }) => explains({ ours, theirs }))?.reason
  const verdict = outcome.accepted ? 'acceptedWrongly' : 'refusedWrongly'
  return { ...told, verdict, ...(reason !== undefined && { reason }) }
}

function explained(difference: Difference): Difference & { reason?: string } {
  const known = KNOWN_DIFFERENCES.find(({ explains }) => explains(difference))
  return known ? { ...difference, reason: known.reason } : difference
}

/** Milliseconds that no file may take. */
const SLOW = 1000

/** True for what has to be looked at: nothing explains it. */
export function isOpen({ verdict, differences, reason, ms }: Compared): boolean {
  if (verdict === 'crashed' || ms > SLOW) return true
  if (verdict === 'different') return differences.some((difference) => difference.reason === undefined)
  return (verdict === 'refusedWrongly' || verdict === 'acceptedWrongly') && reason === undefined
}
