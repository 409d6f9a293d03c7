import { describe, expect, it } from 'vitest'
import { planStack } from '../../../controller/plan/plan.ts'
import type { Observed } from '../../../schemas/fleet.ts'
import type { InventoryItem } from '../../../schemas/record.ts'
import { slotInStack } from '../../../schemas/slot.ts'
import type { StackSpec } from '../../../schemas/stack.ts'
import type { TaskStatus } from '../../../schemas/task.ts'
import { aFleet, aHost, aService, aStack, aStatus, sha } from '../../support/builders.ts'
import { lines } from '../../support/simulation.ts'

const target = (spec: StackSpec | null) => ({ stack: 'web', revision: sha(1), spec })
const item = (task: TaskStatus): InventoryItem => ({
  taskId: task.id,
  service: task.service,
  slot: task.slot,
  host: task.host,
  at: '2026-01-01T00:00:00Z',
  seen: true,
})

function running(spec: StackSpec, observed: Observed = aFleet(aHost('a'))): TaskStatus[] {
  return planStack(target(spec), observed, []).changes.flatMap(({ action }) =>
    action.type === 'run' ? [aStatus(action.task)] : [],
  )
}

describe('planStack', () => {
  const app = aService('app', { replicas: 2 })
  const web = aStack('web', [app])
  const newer = aStack('web', [aService('app', { replicas: 2, container: { environment: { V: '2' } } })])

  it('starts every missing slot', () => {
    const plan = planStack(target(web), aFleet(aHost('a')), [])
    expect(lines(plan.changes)).toEqual(['run app.1', 'run app.2'])
  })

  it('plans nothing on a converged fleet (law 2)', () => {
    const tasks = running(web)
    expect(planStack(target(web), aFleet(aHost('a', tasks)), tasks.map(item))).toEqual({
      changes: [],
      waiting: [],
    })
  })

  it('asks for the same tasks when it plans twice', () => {
    expect(planStack(target(web), aFleet(aHost('a')), [])).toEqual(
      planStack(target(web), aFleet(aHost('a')), []),
    )
  })

  it.each(['pid', 'ipc'] as const)('puts who joins the %s of a service where that is', (kind) => {
    const owner = aService('db', { replicas: 2 })
    const joining = { isolation: { [kind]: { service: 'db' } } }
    const stack = aStack('web', [aService('app', { replicas: 2, container: joining }), owner])
    const { changes } = planStack(target(stack), aFleet(aHost('a'), aHost('b')), [])
    expect(changes.map((change) => `${slotInStack(change)} ${change.host}`)).toEqual([
      'db.1 a',
      'db.2 b',
      'app.1 a',
      'app.2 b',
    ])
  })

  it('puts who shares a network where that is, at first and when it was elsewhere before', () => {
    const owner = aService('vpn', { replicas: 2 })
    const shared = { networkMode: { service: 'vpn' } }
    const stack = aStack('web', [aService('app', { replicas: 2, container: shared }), owner])
    const hosts = (observed: Observed, inventory: InventoryItem[] = []) =>
      planStack(target(stack), observed, inventory).changes.map(({ service, slot, host }) => [
        service,
        slot,
        host,
      ])
    expect(hosts(aFleet(aHost('a'), aHost('b')))).toEqual([
      ['vpn', '1', 'a'],
      ['vpn', '2', 'b'],
      ['app', '1', 'a'],
      ['app', '2', 'b'],
    ])
    const [one, two] = running(aStack('web', [owner]), aFleet(aHost('a'), aHost('b'))) as [
      TaskStatus,
      TaskStatus,
    ]
    const before = aStatus({ ...one, id: 'old', service: 'app', fingerprint: 'other', host: 'b' })
    const silent = aFleet(aHost('a', [one], { state: 'lost' }), aHost('b', [two]))
    expect(hosts(silent, [one, two].map(item))).toEqual([['app', '2', 'b']])
    const fleet = aFleet(aHost('a', [one]), aHost('b', [two, before]))
    expect(hosts(fleet, [one, two, before].map(item))).toEqual([
      ['app', '1', 'a'],
      ['app', '2', 'b'],
    ])
  })

  it('gives a task that follows another a new id, even with the spec of an earlier one', () => {
    const [first] = running(web)
    const second = aStatus({ ...(first as TaskStatus), id: 'other', fingerprint: 'other' })
    const back = planStack(target(web), aFleet(aHost('a', [second])), []).changes[0]
    expect(back?.action).toMatchObject({ type: 'replace', replaces: ['other'] })
    expect(back?.action.type === 'replace' && back.action.task.id).not.toBe(first?.id)
  })

  it('replaces what has another fingerprint, on its own host', () => {
    const tasks = running(web)
    const plan = planStack(target(newer), aFleet(aHost('a', tasks), aHost('b')), tasks.map(item))
    expect(lines(plan.changes)).toEqual(['replace app.1', 'replace app.2'])
    expect(plan.changes.map((change) => change.host)).toEqual(['a', 'a'])
  })

  it('removes surplus slots and services, but only those in the inventory (law 9)', () => {
    const tasks = running(web)
    const plan = planStack(target(null), aFleet(aHost('a', tasks)), tasks.slice(0, 1).map(item))
    expect(lines(plan.changes)).toEqual(['remove app.1'])
    expect(plan.waiting[0]?.reason).toContain('not in the inventory')
  })

  it('keeps its own task of a slot, also against an older one that it did not put there', () => {
    const [own] = running(web)
    const found = { ...(own as TaskStatus), id: 'found', startedAt: '2020-01-01T00:00:00Z' }
    const fleet = aFleet(aHost('a', running(web)), aHost('b', [found]))
    const plan = planStack(target(web), fleet, running(web).map(item))
    expect(plan.changes).toEqual([])
    expect(plan.waiting.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('found is not in the inventory'),
    ])
  })

  it('leaves the old task of a slot alone until the new one serves', () => {
    const old = running(web)
    const fresh = planStack(target(newer), aFleet(aHost('a', old)), []).changes.flatMap(({ action }) =>
      action.type === 'replace' ? [aStatus(action.task, { state: 'starting' })] : [],
    )
    const both = [...old, ...fresh]
    expect(planStack(target(newer), aFleet(aHost('a', both)), both.map(item)).changes).toEqual([])
    const served = [...old, ...fresh.map((task) => ({ ...task, state: 'running' as const }))]
    expect(lines(planStack(target(newer), aFleet(aHost('a', served)), served.map(item)).changes)).toEqual([
      'remove app.1',
      'remove app.2',
    ])
  })

  it.each(['stale', 'lost'] as const)(
    'does not touch slots of a %s host: unknown is not empty (law 1)',
    (state) => {
      const tasks = running(web)
      const plan = planStack(target(newer), aFleet(aHost('a', tasks, { state }), aHost('b')), tasks.map(item))
      expect(plan.changes).toEqual([])
      expect(plan.waiting.map((waiting) => waiting.reason)).toEqual(
        expect.arrayContaining([expect.stringContaining('host a')]),
      )
    },
  )

  it('waits for a host that the inventory names and that has not reported', () => {
    const tasks = running(web)
    expect(planStack(target(web), aFleet(aHost('b')), tasks.map(item)).changes).toEqual([])
  })

  it('says that no host is ready', () => {
    expect(planStack(target(web), aFleet(), []).waiting[0]?.reason).toBe('no host is ready to take it')
  })

  it('spreads a service wherever another stack has one of the same name', () => {
    const others = running(web).map((task) => ({ ...task, id: `shop-${task.slot}`, stack: 'shop' }))
    const hosts = running(web, aFleet(aHost('a', others), aHost('b'))).map(({ host }) => host)
    expect(hosts).toEqual(['b', 'a'])
  })

  it('spreads a service over the hosts, and keeps off paused ones', () => {
    const paused = aHost('c', [])
    paused.info = { ...paused.info, availability: 'pause' }
    const plan = planStack(
      target(aStack('web', [aService('app', { replicas: 4 })])),
      aFleet(aHost('a'), aHost('b'), paused),
      [],
    )
    expect(plan.changes.map((change) => change.host)).toEqual(['a', 'b', 'a', 'b'])
  })

  it('gives a global service one task on every host', () => {
    const spec = aStack('web', [aService('agent', { mode: 'global' })])
    const plan = planStack(target(spec), aFleet(aHost('a'), aHost('b')), [])
    expect(plan.changes.map(({ host, slot }) => [host, slot])).toEqual([
      ['a', 'a'],
      ['b', 'b'],
    ])
  })

  it('keeps a finished one-shot task', () => {
    const done = running(web).map((task) => ({ ...task, state: 'complete' as const, exitCode: 0 }))
    expect(planStack(target(web), aFleet(aHost('a', done)), done.map(item)).changes).toEqual([])
  })
})
