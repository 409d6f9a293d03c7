import type { Action } from '../../schemas/action.ts'
import type { ContentMount } from '../../schemas/content.ts'
import { type Observed, tasksOf } from '../../schemas/fleet.ts'
import { type PackEntry, packChunks } from '../../schemas/pack.ts'
import type { StackRecord } from '../../schemas/record.ts'
import type { StackSpec } from '../../schemas/stack.ts'
import type { TaskStatus } from '../../schemas/task.ts'
import type { Need } from './delivery.ts'
import type { ContentStore } from './store.ts'

/** What the tasks that are to be started mount. */
export function needsOf(orders: { host: string; action: Action }[]): Need[] {
  return orders.flatMap(({ host, action }) => {
    if (action.type !== 'run' && action.type !== 'replace') return []
    const { contents = [] } = action.task.container
    return contents.length > 0 ? [{ host, contents }] : []
  })
}

/** Why a task is rejected that waits for its content. */
const WAITING = new Set(['CONTENT_MISSING', 'CONTENT_INVALID', 'HOST_KEY_CHANGED', 'HOST_KEY_MISSING'])

/** A need that a host has told of: it is met once. */
export interface Missing extends Need {
  /** The same until the task is rejected anew. */
  key: string
}

/** What tasks of a stack have not found on their hosts. What they mount stands in the revision that they were made of. */
export function missingOf(record: StackRecord, observed: Observed): Missing[] {
  return tasksOf(observed, record.name)
    .filter(({ task }) => isWaiting(task))
    .map(({ task, host }) => ({
      host: host.info.name,
      contents: contentsOf(task, record),
      key: `${task.id} ${task.since}`,
    }))
}

/** What may still be asked for: the revisions of the records, and what the newest commits say. */
export function usedSpecs(
  records: StackRecord[],
  candidates: (StackSpec | 'removed' | 'invalid')[],
): StackSpec[] {
  return [...records.flatMap(specsOf), ...candidates.filter((spec) => typeof spec === 'object')]
}

/** All that specs mount. */
export function usedDigests(specs: StackSpec[]): Set<string> {
  const services = specs.flatMap((spec) => spec.services)
  return new Set(services.flatMap(({ container }) => (container.contents ?? []).map(({ digest }) => digest)))
}

/** Keeps all packs of a stack; undefined when they are kept already. It rejects when one cannot be written. */
export function keepStack(
  packs: ReadonlyMap<string, PackEntry[]>,
  store: Pick<ContentStore, 'keep' | 'has'>,
): Promise<void> | undefined {
  const isKept = [...packs.keys()].every(store.has)
  const keeping = keepAll(packs, store) // what is there already is noted as asked for
  return isKept ? undefined : keeping
}

async function keepAll(packs: ReadonlyMap<string, PackEntry[]>, store: Pick<ContentStore, 'keep'>) {
  for (const [digest, entries] of packs) await store.keep(digest, () => packChunks(entries))
}

/** Every spec that tasks of a stack may have been made of. */
function specsOf({ accepted, healthy, previous, rollout }: StackRecord): StackSpec[] {
  const revisions = [accepted, healthy, rollout?.to ?? null, ...previous]
  return revisions.flatMap((revision) => revision?.spec ?? [])
}

function isWaiting({ state, error }: TaskStatus): boolean {
  return state === 'rejected' && error !== undefined && WAITING.has(error.code)
}

function contentsOf({ service, fingerprint }: TaskStatus, record: StackRecord): ContentMount[] {
  const services = specsOf(record).flatMap((spec) => spec.services)
  return (
    services.find((one) => one.name === service && one.fingerprint === fingerprint)?.container.contents ?? []
  )
}
