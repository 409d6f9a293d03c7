import { expect, it } from 'vitest'
import { withoutForgotten } from '../../../controller/plan/forgotten.ts'
import { type Change, type Plan, planStack } from '../../../controller/plan/plan.ts'
import type { ActionOf } from '../../../schemas/action.ts'
import type { InventoryItem } from '../../../schemas/record.ts'
import type { TaskStatus } from '../../../schemas/task.ts'
import { aFleet, aHost, aService, aStack, aStatus, sha } from '../../support/builders.ts'
import { lines } from '../../support/simulation.ts'

const spec = aStack('web', [aService('app', { replicas: 2 })])
const target = { stack: 'web', revision: sha(1), spec }
const forgotten = '2026-01-02T00:00:00Z'

function placed(task: TaskStatus, rest: Partial<InventoryItem> = {}): InventoryItem {
  const { id: taskId, service, slot, host } = task
  return { taskId, service, slot, host, at: '2026-01-01T00:00:00Z', seen: true, ...rest }
}

const first = planStack(target, aFleet(aHost('a'), aHost('b')), [])
const [one, two] = first.changes.map(({ action }) => aStatus((action as ActionOf<'run'>).task)) as [
  TaskStatus,
  TaskStatus,
]
const runOf = (plan: Plan) => (plan.changes[0] as Change).action as ActionOf<'run'>
const inventory = [placed(one), placed(two, { forgotten })]
const silent = aFleet(aHost('a', [one]), aHost('b', [two], { state: 'lost' }))

it('waits for a host that does not report, until it is forgotten', () => {
  expect(planStack(target, silent, [placed(one), placed(two)]).changes).toEqual([])
  const plan = planStack(target, silent, inventory)
  expect(plan.waiting).toEqual([])
  expect(plan.changes).toMatchObject([{ slot: '2', host: 'a', verdict: 'missing' }])
})

it('gives the new task another id than the forgotten one has, and the same in each turn', () => {
  const idOf = () => runOf(planStack(target, silent, inventory)).task.id
  expect(idOf()).not.toBe(two.id)
  expect(idOf()).toBe(idOf())
})

it('removes what was forgotten where its host has come back, and counts it nowhere', () => {
  const three = aStatus(runOf(planStack(target, silent, inventory)).task)
  const back = aFleet(aHost('a', [one, three]), aHost('b', [two]))
  const plan = planStack(target, back, [...inventory, placed(three)])
  expect(lines(plan.changes)).toEqual(['remove app.2'])
  expect(plan.changes).toMatchObject([{ host: 'b', action: { taskId: two.id } }])
  expect(withoutForgotten(back, inventory).get('b')?.tasks).toEqual([])
})

it('has a task that comes back with its host gone before another one takes its place there', () => {
  const alone = aFleet(aHost('b', [two]))
  const plan = planStack(target, alone, inventory)
  expect(lines(plan.changes)).toEqual(['remove app.2'])
  expect(lines(planStack(target, aFleet(aHost('b')), inventory).changes)).toContain('run app.2')
})

it('looks at the fleet as it is when nothing of it was forgotten', () => {
  expect(withoutForgotten(silent, [placed(one), placed(two)])).toBe(silent)
})
