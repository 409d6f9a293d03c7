import { describe, expect, it } from 'vitest'
import { createService, type ServiceDeps } from '../../../controller/service.ts'
import type { Observed } from '../../../schemas/fleet.ts'
import type { StackRecord } from '../../../schemas/record.ts'
import type { TaskStatus } from '../../../schemas/task.ts'
import { aFleet, aHost, aRecord, aRevision, aService, aStack, aStatus, sha } from '../../support/builders.ts'

const shop = aRecord('shop', aRevision(1, aStack('shop', [aService('app'), aService('db')])))

function serviceOf(record: StackRecord, observed: Observed) {
  const parts = {
    records: { list: () => [record], get: () => record },
    sources: { stacks: () => [] },
    fleet: { observed: () => observed },
    now: () => new Date('2026-01-01T00:00:00Z'),
  }
  return createService(parts as unknown as ServiceDeps)
}

function task(service: string): TaskStatus {
  const place = { stack: 'shop', slot: 1, host: 'alpha', revision: sha(1), fingerprint: 'f' }
  return aStatus({ id: service, service, ...place })
}

describe('logs that cannot be read', () => {
  const silent = aFleet(aHost('alpha', [task('app')], { state: 'lost' }))

  it.each<[string, StackRecord, Observed, string, string | undefined]>([
    ['web', shop, aFleet(), 'Stack shop has no service web.', 'There are: app, db.'],
    ['web', { ...shop, accepted: null }, aFleet(), 'Stack shop has no service web.', 'It has none yet.'],
    ['db', shop, silent, 'Service shop/db has no task yet.', undefined],
    [
      'app',
      shop,
      silent,
      'The logs of shop/app are on alpha, which does not report.',
      '`setpoint hosts` tells since when.',
    ],
  ])('of %s: it says why', async (service, record, observed, message, hint) => {
    await expect(serviceOf(record, observed).logs('shop', service, 10)).rejects.toMatchObject({
      code: 'STACK_NOT_FOUND',
      message,
      hint,
    })
  })
})
