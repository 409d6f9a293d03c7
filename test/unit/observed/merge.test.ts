import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type KnownHost, mergeDelta, mergeSnapshot } from '../../../controller/observed/merge.ts'
import type { ReportOf, Snapshot } from '../../../schemas/report.ts'
import { TASK_STATES, type TaskState, type TaskStatus } from '../../../schemas/task.ts'
import { aSeen } from '../../support/agent-reports.ts'
import { aHost } from '../../support/builders.ts'

const STATES = Object.keys(TASK_STATES) as TaskState[]
const LAST = STATES.length - 1

/** What happens on a host: a task goes on to a later state, begins its next run, or is gone. */
type Happening = { task: number; what: 'on' | 'restart' | 'gone'; by: number }

const happenings = fc.array(
  fc.record({
    task: fc.integer({ min: 0, max: 3 }),
    what: fc.constantFrom<Happening['what'][]>('on', 'on', 'on', 'restart', 'gone'),
    by: fc.integer({ min: 1, max: 3 }),
  }),
  { minLength: 1, maxLength: 30 },
)

type Delta = ReportOf<'delta'>
type Tasks = Map<string, TaskStatus>

/** An agent's life: a delta for each happening, and the snapshot after each. */
function live(story: Happening[]): { deltas: Delta[]; snapshots: Snapshot[] } {
  const tasks: Tasks = new Map()
  const snapshots = [snapshotOf(tasks, 0)]
  const deltas = story.map((happening, index) => {
    const sequence = index + 1
    const delta = { kind: 'delta' as const, ...from(sequence), ...happen(tasks, happening, sequence) }
    snapshots.push(snapshotOf(tasks, sequence))
    return delta
  })
  return { deltas, snapshots }
}

function happen(
  tasks: Tasks,
  { task, what, by }: Happening,
  sequence: number,
): Pick<Delta, 'tasks' | 'gone'> {
  const id = `t${task}`
  const before = tasks.get(id)
  if (what === 'gone') {
    tasks.delete(id)
    return { tasks: [], gone: [id] }
  }
  const step = before && what === 'on' ? Math.min(STATES.indexOf(before.state) + by, LAST) : 0
  const run = before ? before.run + (what === 'restart' ? 1 : 0) : 1
  const since = new Date(sequence * 1000).toISOString()
  const after = aSeen(id, 'one', { run, state: STATES[step] as TaskState, since })
  tasks.set(id, after)
  return { tasks: [after], gone: [] }
}

const from = (sequence: number) => ({ host: 'one', boot: 'b', sequence, at: '' })

function snapshotOf(tasks: Tasks, sequence: number): Snapshot {
  return { host: aHost('one').info, boot: 'b', sequence, at: '', tasks: [...tasks.values()], strays: [] }
}

const sorted = (tasks: Iterable<TaskStatus>) => [...tasks].sort((a, b) => (a.id < b.id ? -1 : 1))

function known(snapshot: Snapshot | undefined): KnownHost {
  const merged = snapshot && mergeSnapshot(undefined, snapshot)
  if (!merged) throw new Error('no snapshot')
  return merged.host
}

describe('merging', () => {
  it('ends where the agent ended, from whichever snapshot it starts and whichever others come between', () => {
    fc.assert(
      fc.property(happenings, fc.nat(), fc.array(fc.nat(), { maxLength: 10 }), (story, start, between) => {
        const { deltas, snapshots } = live(story)
        let host = known(snapshots[start % snapshots.length])
        for (const [index, delta] of deltas.entries()) {
          host = mergeDelta(host, delta)?.host ?? host
          const snapshot = snapshots[(between[index] ?? 0) % snapshots.length] as Snapshot
          host = mergeSnapshot(host, snapshot)?.host ?? host
        }
        expect(sorted(host.tasks.values())).toEqual(sorted(snapshots.at(-1)?.tasks ?? []))
      }),
    )
  })

  it('changes nothing by what is told twice', () => {
    fc.assert(
      fc.property(happenings, (story) => {
        const { deltas, snapshots } = live(story)
        const host = deltas.reduce(
          (before, delta) => mergeDelta(before, delta)?.host ?? before,
          known(snapshots[0]),
        )
        expect(deltas.filter((delta) => mergeDelta(host, delta))).toEqual([])
        const again = mergeSnapshot(host, snapshots.at(-1) as Snapshot)
        expect([again?.stacks.size ?? 0, again?.whole ?? false]).toEqual([0, false])
      }),
    )
  })

  it('never lets a run go back', () => {
    fc.assert(
      fc.property(fc.constantFrom(...STATES), fc.constantFrom(...STATES), (before, after) => {
        const host = known(snapshotOf(new Map([['t', aSeen('t', 'one', { state: before })]]), 1))
        const delta = {
          kind: 'delta' as const,
          ...from(2),
          tasks: [aSeen('t', 'one', { state: after })],
          gone: [],
        }
        const state = mergeDelta(host, delta)?.host.tasks.get('t')?.state as TaskState
        expect(TASK_STATES[state]).toBe(Math.max(TASK_STATES[before], TASK_STATES[after]))
      }),
    )
  })
})
