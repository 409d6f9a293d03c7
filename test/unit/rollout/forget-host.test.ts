import { describe, expect, it } from 'vitest'
import { startRollout } from '../../../controller/rollout/accept.ts'
import { forgetHost, leftWith } from '../../../controller/rollout/forget-host.ts'
import { isEmpty, nextInventory } from '../../../controller/rollout/inventory.ts'
import type { InventoryItem, StackRecord } from '../../../schemas/record.ts'
import { aFleet, aHost, aRecord, aRevision, aService, aStack } from '../../support/builders.ts'

const NOW = new Date('2026-01-02T00:00:00Z')
const AT = '2026-01-01T00:00:00Z'
const DAY = 24 * 60 * 60_000

const on = (host: string, service: string, slot: number): InventoryItem => ({
  ...{ taskId: `shop-${service}-${slot}-${host}`, service, slot, host, at: AT, seen: true },
})
const mounts = ['shop_data', 'shop_share'].map((source) => ({
  ...{ type: 'volume' as const, source, target: `/${source}`, readOnly: false },
}))
const volumes = [
  { name: 'shop_data', external: false, labels: {} },
  { name: 'shop_share', external: false, labels: {}, driverOpts: { type: 'nfs', device: ':/x' } },
  { name: 'shop_other', external: false, labels: {} },
]
const revision = aRevision(
  1,
  aStack(
    'shop',
    [aService('db', { container: { mounts } }), aService('web'), aService('all', { mode: 'global' })],
    {
      volumes,
    },
  ),
)
const inventory = [
  on('a', 'web', 1),
  on('b', 'web', 2),
  on('b', 'db', 1),
  on('b', 'web', 1),
  on('b', 'all', 1),
]
const released = { 1: AT, 2: AT }
const rollout: StackRecord['rollout'] = {
  ...{ id: 'r', direction: 'forward', from: null, to: revision, startedAt: AT, phase: 'rolling' },
  services: { web: { released, failures: [] }, all: { released: { a: AT, b: AT }, failures: [] } },
}
const record = aRecord('shop', revision, { inventory, rollout })

describe('a host that is forgotten', () => {
  it('is counted on no more, and what was there is remembered as forgotten', () => {
    const { inventory: after } = forgetHost(record, 'b', NOW)
    expect(after.filter(({ forgotten }) => forgotten === NOW.toISOString())).toHaveLength(4)
    expect(after.find(({ host }) => host === 'a')).toEqual(inventory[0])
  })

  it('lets a rollout go its slots anew, but not one that is on its way elsewhere', () => {
    const { services } = forgetHost(record, 'b', NOW).rollout ?? {}
    expect(Object.keys(services?.web?.released ?? {})).toEqual(['1'])
    expect(Object.keys(services?.all?.released ?? {})).toEqual(['a'])
  })

  it('leaves no deadline of a batch of which nothing is on its way, also for a newer commit', () => {
    const all = { released: { b: AT }, failures: [], deadline: '2026-01-01T00:02:00Z' }
    const forgotten = forgetHost({ ...record, rollout: { ...rollout, services: { all } } }, 'b', NOW)
    expect(forgotten.rollout?.services.all).toEqual({ released: {}, failures: [] })
    const next = aRevision(2, { ...revision.spec, digest: 'another' })
    const before: StackRecord = {
      ...{ ...record, rollout: { ...rollout, services: { all: { ...all, released: {} } } } }, // as some were written
    }
    expect(startRollout(before, next, { now: NOW, trigger: 'commit' }).rollout?.services.all).toEqual({
      ...{ released: {}, failures: [] },
    })
  })

  it('may be forgotten twice, and nothing changes where it had nothing', () => {
    const once = forgetHost(record, 'b', NOW)
    expect(forgetHost(once, 'b', new Date(NOW.getTime() + DAY))).toBe(once)
    expect(forgetHost(record, 'c', NOW)).toBe(record)
  })

  it('leaves tasks, and volumes of its own disk', () => {
    const { tasks, volumes } = leftWith(record, 'b')
    expect(tasks.map(({ service, slot }) => `${service}.${slot}`)).toEqual([
      'web.2',
      'db.1',
      'web.1',
      'all.1',
    ])
    expect(volumes).toEqual([{ name: 'shop_data', stack: 'shop' }])
    expect(leftWith(forgetHost(record, 'b', NOW), 'b')).toEqual({ tasks: [], volumes: [] })
  })
})

describe('what was forgotten with its host', () => {
  const forgotten = [{ ...on('b', 'web', 2), forgotten: AT }]
  const inventoryAfter = (days: number, ...hosts: Parameters<typeof aFleet>) => {
    const now = new Date(Date.parse(AT) + days * DAY)
    return nextInventory(
      { name: 'shop', inventory: forgotten },
      { release: [], observed: aFleet(...hosts), now },
    )
  }

  it('is remembered for a year, or until its host is back without it', () => {
    expect(inventoryAfter(364)).toEqual(forgotten)
    expect(inventoryAfter(365)).toEqual([])
    expect(inventoryAfter(1, aHost('b'))).toEqual([])
  })

  it('does not hold up a stack that is wanted no more, unless its host is there', () => {
    expect(isEmpty(forgotten, aFleet())).toBe(true)
    expect(isEmpty(forgotten, aFleet(aHost('b')))).toBe(false)
    expect(isEmpty([on('b', 'web', 2)], aFleet())).toBe(false)
  })
})
