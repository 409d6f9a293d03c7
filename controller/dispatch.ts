import { type Action, actionKey } from '../schemas/action.ts'
import type { Observed } from '../schemas/fleet.ts'
import type { StackRecord } from '../schemas/record.ts'
import type { DriftedField } from '../schemas/status.ts'
import type { Delivery } from './delivery/delivery.ts'
import { type Missing, missingOf, needsOf } from './delivery/needs.ts'
import { straysOf } from './plan/drift.ts'
import type { Change } from './plan/plan.ts'
import type { Order, Queue } from './queue/queue.ts'
import { wantedRevision } from './rollout/accept.ts'

/** Milliseconds after which what is still planned is sent again: its job may have been lost with Redis. */
const RESEND = 5_000

/** Milliseconds that a host has to begin a job. */
const BEGIN_WITHIN = 60_000

/** Milliseconds after which a stack gets a turn although nothing woke it. */
const RESYNC = 30_000

/** Milliseconds after which a rejection for want of content counts as a new one. An agent tries again within a minute. */
const FORGET_MET = 10 * 60_000

interface Dispatched {
  record: StackRecord
  release: Change[]
  drift: DriftedField[]
  observed: Observed
  now: Date
}

/** Sends what a turn decided. Returns when the stack should be looked at again at the latest. */
export type Dispatch = (decided: Dispatched) => Promise<Date>

/**
 * Sends each action once and then again only when it is still wanted after a while. What a task mounts is there before
 * its job is, and again each time a host tells that it has not found it. When something else is wanted of a stack, what
 * no agent has begun of it is taken back first: nobody starts what the next job would replace.
 */
export function createDispatch(
  queue: Pick<Queue, 'add' | 'withdraw'>,
  delivery: Pick<Delivery, 'deliver'>,
): Dispatch {
  const sent = new Map<string, Map<string, number>>()
  const wanted = new Map<string, string | undefined>()
  const met = new Map<string, number>()

  return async ({ record, release, drift, observed, now }) => {
    await supersede(record)
    const actions = [
      ...release.map(({ host, action }) => ({ host, action })),
      ...repairs(record, drift),
      ...straysOf(record.inventory, observed).map(({ host, containerId }) => ({
        host,
        action: removeStray(containerId),
      })),
    ]
    await send(actions, { sent: sentFor(record.name), now })
    await deliverMissing(missingOf(record, observed), now)
    return new Date(now.getTime() + (actions.length > 0 ? RESEND : RESYNC))
  }

  /** A stack that leaves its source is left to finish: it is gone once its hosts have shown and removed all of it. */
  async function supersede(record: StackRecord): Promise<void> {
    const { name } = record
    const [before, digest] = [wanted.get(name), wantedRevision(record)?.spec.digest]
    if (before !== undefined && digest !== undefined && before !== digest) {
      await queue.withdraw(name)
      sent.delete(name)
    }
    wanted.set(name, digest)
  }

  async function send(actions: Addressed[], { sent, now }: { sent: Map<string, number>; now: Date }) {
    const due = actions.filter((action) => isDue(sent.get(keyOf(action)), now))
    if (due.length > 0) {
      const deadline = new Date(now.getTime() + BEGIN_WITHIN).toISOString()
      await delivery.deliver(needsOf(due))
      await queue.add(due.map((action): Order => ({ ...action, deadline })))
    }
    for (const action of due) sent.set(keyOf(action), now.getTime())
    forget(sent, now, RESEND * 2)
  }

  async function deliverMissing(needs: Missing[], now: Date): Promise<void> {
    const missing = needs.filter(({ key }) => !met.has(key))
    if (missing.length > 0) await delivery.deliver(missing, true)
    for (const { key } of missing) met.set(key, now.getTime())
    forget(met, now, FORGET_MET)
  }

  function sentFor(stack: string): Map<string, number> {
    const times = sent.get(stack) ?? new Map<string, number>()
    sent.set(stack, times)
    return times
  }
}

/** An action and the host that is to carry it out. */
interface Addressed {
  host: string
  action: Action
}

function forget(times: Map<string, number>, now: Date, after: number): void {
  for (const [key, at] of times) if (now.getTime() - at >= after) times.delete(key)
}

/** A time that is not past either means that the clock was set back. */
function isDue(sent: number | undefined, now: Date): boolean {
  return sent === undefined || Math.abs(now.getTime() - sent) >= RESEND
}

/** Drift is put right unless a rollout explains it, the stack only wants to be told, or that has not helped before. */
function repairs(record: StackRecord, drift: DriftedField[]): Addressed[] {
  if (record.rollout !== null || (record.healthy ?? record.accepted)?.spec.drift !== 'heal') return []
  const fields = new Map<string, { host: string; fields: string[] }>()
  for (const { taskId, host, field } of drift.filter(({ isUnhealed }) => !isUnhealed)) {
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

function keyOf({ host, action }: Addressed): string {
  return `${host}/${actionKey(action)}`
}
