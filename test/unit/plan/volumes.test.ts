import { describe, expect, it } from 'vitest'
import { type Claim, claimsVolume } from '../../../controller/plan/volumes.ts'
import type { InventoryItem } from '../../../schemas/record.ts'
import type { ServiceSpec } from '../../../schemas/stack.ts'
import { aService, aStack } from '../../support/builders.ts'

const mounts = [{ type: 'volume' as const, source: 'web_data', target: '/data', readOnly: false }]
const db = (service: Partial<Pick<ServiceSpec, 'mode' | 'replicas'>> = {}) =>
  aService('db', { ...service, container: { mounts } })
const stack = (services: ServiceSpec[], external = false) =>
  aStack('web', services, { volumes: [{ name: 'web_data', external, labels: {} }] })
const on = (host: string, slot = 1, service = 'db'): InventoryItem => ({
  ...{ taskId: `${service}-${slot}-${host}`, service, slot, host, at: '', seen: true },
})

const claims = (claim: Omit<Claim, 'moving'> & { moving?: boolean }, name = 'web_data') =>
  claimsVolume({ moving: false, ...claim }, name, 'alpha')

describe('a stack claims a volume on alpha', () => {
  it.each<[string, ServiceSpec[], InventoryItem[], boolean]>([
    ['when a task that mounts it is there', [db()], [on('alpha')], true],
    ['not when all of its tasks are elsewhere', [db()], [on('beta')], false],
    ['while a slot has no place yet', [db({ replicas: 2 })], [on('beta')], true],
    ['not when both slots are elsewhere', [db({ replicas: 2 })], [on('beta'), on('gamma', 2)], false],
    [
      'while a slot has no place yet and one is too many',
      [db({ replicas: 2 })],
      [on('beta'), on('beta', 3)],
      true,
    ],
    ['before anything is placed', [db()], [], true],
    ['when it is scaled to nothing', [db({ replicas: 0 })], [], true],
    ['when it runs everywhere', [db({ mode: 'global' })], [on('beta')], true],
    ['when no service mounts it, but the file has it', [aService('web')], [on('alpha', 1, 'web')], true],
    [
      'not for a service that does not mount it',
      [db(), aService('web')],
      [on('beta'), on('alpha', 1, 'web')],
      false,
    ],
  ])('%s', (_, services, inventory, claimed) => {
    expect(claims({ spec: stack(services), inventory })).toBe(claimed)
  })

  it('while its tasks are moved, since they may come or go back', () => {
    expect(claims({ spec: stack([db()]), inventory: [on('beta')], moving: true })).toBe(true)
    expect(claims({ spec: stack([]), inventory: [], moving: true }, 'web_other')).toBe(false)
  })

  it('also as external, but not under another name', () => {
    const inventory = [on('alpha')]
    expect(claims({ spec: stack([db()], true), inventory })).toBe(true)
    expect(claims({ spec: stack([db()]), inventory }, 'web_other')).toBe(false)
  })
})
