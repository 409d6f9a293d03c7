import { SetpointError } from '../../schemas/error.ts'
import type { Revision, StackRecord } from '../../schemas/record.ts'
import { shortRevision } from '../../schemas/revision.ts'
import { startRollback, supersede, wantedRevision } from '../rollout/accept.ts'
import { namesInHistory } from '../rollout/history.ts'
import type { Leader } from '../state/leader.ts'
import type { Records } from '../state/records.ts'
import type { Turns } from '../turns.ts'

/** The fewest letters that name a revision, as with git. */
const SHORTEST_PREFIX = 4

export interface RollbackDeps {
  records: Pick<Records, 'get' | 'put'>
  turns: Pick<Turns, 'exclusive'>
  leader: Pick<Leader, 'epoch'>
  now: () => Date
}

/**
 * Starts the way back to a healthy revision, as a person asks for it.
 * @param wanted the first letters of its id; without them it is the one before what is wanted now
 * @returns the whole revision, as the history has it
 * @throws SetpointError REVISION_NOT_FOUND with those that there are, NOT_LEADER
 */
export async function rollBack(
  { records, turns, leader, now }: RollbackDeps,
  stack: string,
  wanted: string | undefined,
): Promise<string> {
  leader.epoch() // only who leads may change a record
  return turns.exclusive(stack, async () => {
    const record = records.get(stack)
    const to = record && chooseRevision(record, wanted)
    if (record === undefined || to === undefined) throw noRevision(stack, record, wanted)
    const reason = `rolled back by hand from ${shortRevision(record.accepted?.revision ?? '')}`
    const back = startRollback(supersede(record, now()), to, { now: now(), reason, trigger: 'rollback' })
    await records.put(back)
    return back.rollout?.to.revision ?? to.revision
  })
}

/** The healthy revision that is meant; without a name the one before what is wanted now. */
function chooseRevision(record: StackRecord, wanted: string | undefined): Revision | undefined {
  const choices = healthyOthers(record)
  if (wanted === undefined) return choices[0]
  return wanted.length < SHORTEST_PREFIX
    ? undefined
    : choices.find(({ revision }) => revision.startsWith(wanted))
}

/**
 * The revisions that were healthy and are not what is wanted now, newest first; each by all its names, the first of
 * which is the one to tell.
 */
function healthyOthers(record: StackRecord): Revision[] {
  const current = wantedRevision(record)?.spec.digest
  return [record.healthy, ...record.previous].flatMap((healthy) => {
    if (healthy === null || healthy.spec.digest === current) return []
    const names = new Set([...namesInHistory(record.history, healthy), healthy.revision])
    return [...names].map((revision) => ({ ...healthy, revision }))
  })
}

function noRevision(
  stack: string,
  record: StackRecord | undefined,
  wanted: string | undefined,
): SetpointError {
  const others = record ? healthyOthers(record) : []
  const firsts = others.filter(
    ({ spec }, at) => at === others.findIndex((other) => other.spec.digest === spec.digest),
  )
  const choices = firsts.map(({ revision }) => shortRevision(revision))
  const what = wanted === undefined ? 'no earlier healthy revision' : `no other healthy revision ${wanted}`
  const hint =
    choices.length === 0
      ? 'It has had one healthy revision at most.'
      : `It can go back to: ${choices.join(', ')}.`
  return new SetpointError('REVISION_NOT_FOUND', `Stack ${stack} has ${what} to go back to.`, { hint })
}
