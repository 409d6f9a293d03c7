import { withoutForgotten } from '../../controller/plan/forgotten.ts'
import { type Change, planStack, slotsOf, targetOf } from '../../controller/plan/plan.ts'
import { accept, type Candidate, startRollback, wantedRevision } from '../../controller/rollout/accept.ts'
import { forgetHost } from '../../controller/rollout/forget-host.ts'
import { nextInventory } from '../../controller/rollout/inventory.ts'
import type { WantedOf } from '../../controller/rollout/leaving.ts'
import { step } from '../../controller/rollout/step.ts'
import type { Observed, ObservedHost } from '../../schemas/fleet.ts'
import type { StackRecord } from '../../schemas/record.ts'
import { slotInStack } from '../../schemas/slot.ts'
import type { StackSpec } from '../../schemas/stack.ts'
import type { Task, TaskStatus } from '../../schemas/task.ts'
import { aHost, aStatus } from './builders.ts'

/** How the simulated host lets a new task turn out. */
export type Fate = (task: Task) => Partial<TaskStatus>

/**
 * A stack's rollout against simulated hosts, with the clock in the test's hand: the pure stages of a turn, and
 * hosts that do at once what they are asked.
 */
export interface Simulation {
  hosts: Map<string, TaskStatus[]>
  record(): StackRecord | undefined
  tasks(): TaskStatus[]
  commit(revision: string, spec: StackSpec | 'removed' | 'invalid'): void
  /** One turn; gives what it let go, after the hosts have done it. */
  turn(): Change[]
  /** Turns until nothing changes any more, letting time pass to each wake-up; gives everything let go, turn by turn. */
  settle(): Change[][]
  pass(ms: number): void
  now(): Date
  /** When the last turn asked for the next one. */
  wakeAt(): Date | null
  silence(host: string): void
  /** Somebody says that a host is gone for good. */
  forget(host: string): void
  /** It reports again, with the tasks that it had. */
  comeBack(host: string): void
  /** A host has a task no more. */
  lose(taskId: string): void
  /** Asks for an earlier healthy revision, as `setpoint rollback` does. */
  rollBack(revision: string): void
  /** Every spec and time at which something was let go, for laws over a whole run. */
  observe(check: (tasks: TaskStatus[]) => void): void
}

const REFUSAL = { code: 'JOB_REFUSED', message: 'This agent does not know it.' }

export function simulate({
  hosts = ['a'],
  fate = () => ({}),
  refuses = () => false,
  fleet = new Map<string, TaskStatus[]>(hosts.map((host) => [host, []])),
  wantedOf = () => undefined,
}: {
  hosts?: string[]
  /** The hosts with their tasks, where several stacks have them in common. */
  fleet?: Map<string, TaskStatus[]>
  /** What is wanted of other stacks. */
  wantedOf?: WantedOf
  fate?: Fate
  /** Tasks whose job a host will never take. */
  refuses?: (task: Task) => boolean
} = {}): Simulation {
  const silent = new Set<string>()
  const forgotten = new Map<string, TaskStatus[]>()
  const refused = new Map<string, typeof REFUSAL & { at: string }>()
  const checks: ((tasks: TaskStatus[]) => void)[] = []
  let now = Date.parse('2026-01-01T00:00:00Z')
  let record: StackRecord | undefined
  let candidate: Candidate | undefined
  let wakeAt: Date | null = null

  const observed = (): Observed =>
    new Map(
      [...fleet].map(([name, tasks]): [string, ObservedHost] => [
        name,
        aHost(name, tasks, silent.has(name) ? { state: 'lost' } : {}),
      ]),
    )
  const all = () => [...fleet.values()].flat()

  function turn(): Change[] {
    const at = new Date(now)
    const accepted = accept(record, candidate, at)
    if (accepted === undefined) return []
    const seen = observed()
    const wanted = wantedRevision(accepted)
    const plan = planStack(targetOf(accepted.name, wanted), seen, accepted.inventory)
    const next = step({
      ...{ record: accepted, plan, slots: slotsOf(wanted, seen), now: at },
      observed: withoutForgotten(seen, accepted.inventory),
      refusalOf: ({ action }) => ('task' in action ? refused.get(action.task.id) : undefined),
      wantedOf,
    })
    record = {
      ...next.record,
      inventory: nextInventory(next.record, { release: next.release, observed: seen, now: at }),
    }
    wakeAt = next.wakeAt
    for (const change of next.release) carryOut(change)
    for (const check of checks) check(all())
    return next.release
  }

  function carryOut({ host, action }: Change): void {
    const tasks = fleet.get(host)
    if (tasks === undefined || silent.has(host)) return
    if ('task' in action && refuses(action.task)) {
      refused.set(action.task.id, { ...REFUSAL, at: new Date(now).toISOString() })
      return
    }
    if (action.type === 'remove')
      fleet.set(
        host,
        tasks.filter((task) => task.id !== action.taskId),
      )
    else if (!tasks.some((task) => task.id === action.task.id)) {
      const status = aStatus(action.task, { since: new Date(now).toISOString(), ...fate(action.task) })
      const serves =
        status.state === 'running' && status.health !== 'unhealthy' && status.health !== 'starting'
      const old = action.type === 'replace' ? action.replaces : []
      const goes = (id: string) =>
        old.includes(id) &&
        (action.type !== 'replace' || status.state !== 'rejected') &&
        (serves || (action.type === 'replace' && action.order === 'stop-first'))
      fleet.set(host, [...tasks.filter((task) => !goes(task.id)), status])
    }
  }

  function settle(): Change[][] {
    const log: Change[][] = []
    for (let quiet = 0, i = 0; quiet < 3 && i < 500; i++) {
      const before = JSON.stringify([record, all()])
      const release = turn()
      if (release.length > 0) log.push(release)
      quiet = before === JSON.stringify([record, all()]) ? quiet + 1 : 0
      if (quiet > 0 && wakeAt !== null) now = Math.max(now, wakeAt.getTime())
    }
    return log
  }

  return {
    hosts: fleet,
    record: () => record,
    tasks: all,
    commit: (revision, spec) => {
      candidate = { source: 'test', revision, spec }
    },
    turn,
    settle,
    pass: (ms) => {
      now += ms
    },
    now: () => new Date(now),
    wakeAt: () => wakeAt,
    rollBack: (revision) => {
      const to = record?.previous.find((one) => one.revision === revision)
      if (record && to)
        record = startRollback(record, to, { now: new Date(now), reason: 'by hand', trigger: 'rollback' })
    },
    silence: (host) => void silent.add(host),
    forget: (host) => {
      if (record) record = forgetHost(record, host, new Date(now))
      forgotten.set(host, fleet.get(host) ?? [])
      fleet.delete(host)
    },
    comeBack: (host) => {
      silent.delete(host)
      fleet.set(host, forgotten.get(host) ?? fleet.get(host) ?? [])
    },
    lose: (taskId) => {
      for (const [host, tasks] of fleet)
        fleet.set(
          host,
          tasks.filter((task) => task.id !== taskId),
        )
    },
    observe: (check) => void checks.push(check),
  }
}

/** What was let go, as `run app.1` lines: short to compare. */
export function lines(changes: Change[]): string[] {
  return changes.map((change) => `${change.action.type} ${slotInStack(change)}`).sort()
}
