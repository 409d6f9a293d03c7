import { isDeepStrictEqual } from 'node:util'
import type { HostInfo, ReportOf, Snapshot, Stray } from '../../schemas/report.ts'
import { isLater, type TaskStatus } from '../../schemas/task.ts'
import type { Usage } from '../../schemas/usage.ts'

/** What is known of a host: the last snapshot of its agent's present life, and the deltas after it. */
export interface KnownHost {
  boot: string
  sequence: number
  info: HostInfo
  tasks: ReadonlyMap<string, TaskStatus>
  strays: Stray[]
  usage: Readonly<Record<string, Usage>>
}

export interface Merged {
  host: KnownHost
  /** The stacks whose tasks changed. */
  stacks: Set<string>
  /** True when the host itself changed: it is new, has another agent, other resources or other strays. */
  whole: boolean
  /** True when the agent that was known has ended and another runs. */
  isNewLife: boolean
}

/** Takes in a snapshot; undefined when it is older than what is known. Another boot replaces all. */
export function mergeSnapshot(known: KnownHost | undefined, snapshot: Snapshot): Merged | undefined {
  const { boot, sequence, host: info, strays, usage = {} } = snapshot
  const same = known?.boot === boot ? known : undefined
  if (same && sequence < same.sequence) return undefined
  const tasks = new Map(snapshot.tasks.map((task) => [task.id, laterOf(same?.tasks.get(task.id), task)]))
  const unchanged = same && isDeepStrictEqual([same.info, same.strays], [info, strays])
  return {
    host: { boot, sequence, info, strays, tasks, usage },
    stacks: changedStacks(known?.tasks ?? new Map(), tasks),
    whole: !unchanged,
    isNewLife: known !== undefined && !same,
  }
}

/** Takes in a delta of the life that is known; undefined when it is of another or not later than what is known. */
export function mergeDelta(known: KnownHost, delta: ReportOf<'delta'>): Merged | undefined {
  if (delta.boot !== known.boot || delta.sequence <= known.sequence) return undefined
  const tasks = new Map(known.tasks)
  for (const id of delta.gone) tasks.delete(id)
  for (const task of delta.tasks) tasks.set(task.id, laterOf(known.tasks.get(task.id), task))
  return {
    host: { ...known, sequence: delta.sequence, tasks },
    stacks: changedStacks(known.tasks, tasks),
    whole: false,
    isNewLife: false,
  }
}

/**
 * Within one run of a task the state only grows, so what seems to go back is kept as it was; unless that state was
 * reached later, which is a task made anew under its old id. What is equal stays the same object.
 */
function laterOf(known: TaskStatus | undefined, seen: TaskStatus): TaskStatus {
  if (!known) return seen
  if (known.run === seen.run && isLater(known, seen) && seen.since <= known.since) return known
  return isDeepStrictEqual(known, seen) ? known : seen
}

function changedStacks(
  before: ReadonlyMap<string, TaskStatus>,
  after: ReadonlyMap<string, TaskStatus>,
): Set<string> {
  const stacks = new Set<string>()
  for (const task of before.values()) if (!after.has(task.id)) stacks.add(task.stack)
  for (const task of after.values()) if (before.get(task.id) !== task) stacks.add(task.stack)
  return stacks
}
