import { type Action, actionKey } from '../schemas/action.ts'
import type { Observed } from '../schemas/fleet.ts'
import type { StackRecord } from '../schemas/record.ts'
import type { DriftedField } from '../schemas/status.ts'
import { straysOf } from './plan/drift.ts'
import type { Change } from './plan/plan.ts'
import type { Order, Queue } from './queue/queue.ts'

/** Milliseconds after which what is still planned is sent again: its job may have been lost with Redis. */
const RESEND = 5_000

/** Milliseconds that a host has to begin a job. */
const BEGIN_WITHIN = 60_000

/** Milliseconds after which a stack gets a turn although nothing woke it. */
const RESYNC = 30_000

interface Dispatched {
  record: StackRecord
  release: Change[]
  drift: DriftedField[]
  observed: Observed
  now: Date
}

/** Sends what a turn decided. Returns when the stack should be looked at again at the latest. */
export type Dispatch = (decided: Dispatched) => Promise<Date>

/** Sends each action once and then again only when it is still wanted after a while. */
export function createDispatch(queue: Pick<Queue, 'add'>): Dispatch {
  const sent = new Map<string, number>()
  return async ({ record, release, drift, observed, now }) => {
    const actions = [
      ...release.map(({ host, action }) => ({ host, action })),
      ...repairs(record, drift),
      ...straysOf(record.inventory, observed).map(({ host, containerId }) => ({
        host,
        action: removeStray(containerId),
      })),
    ]
    const deadline = new Date(now.getTime() + BEGIN_WITHIN).toISOString()
    const due = actions.filter((action) => isDue(sent.get(keyOf(action)), now))
    if (due.length > 0) await queue.add(due.map((action): Order => ({ ...action, deadline })))
    for (const action of due) sent.set(keyOf(action), now.getTime())
    for (const [key, at] of sent) if (now.getTime() - at >= RESEND * 2) sent.delete(key)
    return new Date(now.getTime() + (actions.length > 0 ? RESEND : RESYNC))
  }
}

/** A time that is not past either means that the clock was set back. */
function isDue(sent: number | undefined, now: Date): boolean {
  return sent === undefined || Math.abs(now.getTime() - sent) >= RESEND
}

/** Drift is put right unless a rollout explains it or the stack only wants to be told. */
function repairs(record: StackRecord, drift: DriftedField[]): { host: string; action: Action }[] {
  if (record.rollout !== null || (record.healthy ?? record.accepted)?.spec.drift !== 'heal') return []
  const fields = new Map<string, { host: string; fields: string[] }>()
  for (const { taskId, host, field } of drift) {
    const known = fields.get(taskId) ?? { host, fields: [] }
    fields.set(taskId, { host, fields: [...known.fields, field] })
  }
  return [...fields].map(([taskId, { host, fields }]) => ({
    host,
    action: { type: 'repair', taskId, stack: record.name, fields },
  }))
}

function removeStray(containerId: string): Action {
  return { type: 'removeStray', containerId }
}

function keyOf({ host, action }: { host: string; action: Action }): string {
  return `${host}/${actionKey(action)}`
}
