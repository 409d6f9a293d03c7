import { describe, expect, it } from 'vitest'
import { applyPins } from '../../../controller/registry/pins.ts'
import { createService, type ServiceDeps } from '../../../controller/service/service.ts'
import { SetpointError } from '../../../schemas/error.ts'
import type { Observed } from '../../../schemas/fleet.ts'
import type { StackRecord } from '../../../schemas/record.ts'
import type { TaskStatus } from '../../../schemas/task.ts'
import { aFleet, aHost, aRecord, aRevision, aService, aStack, aStatus, sha } from '../../support/builders.ts'

const shop = aRecord('shop', aRevision(1, aStack('shop', [aService('app'), aService('db')])))

function serviceOf(record: StackRecord, observed: Observed = aFleet(), leads = true) {
  const parts = {
    records: { list: () => [record], get: () => record, put: async () => {} },
    turns: { exclusive: (_stack: string, work: () => Promise<unknown>) => work() },
    sources: { stacks: () => [], candidate: () => undefined, problems: () => [] },
    fleet: { observed: () => observed, isCurrent: () => true },
    hostKeys: { hosts: () => [] },
    externals: () => new Map(),
    leader: {
      isLeader: () => leads,
      epoch: () => {
        if (!leads) throw new SetpointError('NOT_LEADER', 'It does not lead.')
        return 1
      },
    },
    now: () => new Date('2026-01-01T00:00:00Z'),
  }
  return createService(parts as unknown as ServiceDeps)
}

function task(service: string): TaskStatus {
  const place = { stack: 'shop', slot: 1, host: 'alpha', revision: sha(1), fingerprint: 'f' }
  return aStatus({ id: service, service, ...place })
}

const mute = aService('db', { container: { logging: { driver: 'none' } } })
const half = aRecord('shop', aRevision(1, aStack('shop', [aService('app'), mute])))

describe('logs that cannot be read', () => {
  const both = aFleet(aHost('alpha', [task('app'), task('db')]))
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
      '`setpoint hosts` tells since when; the log files are on alpha, under <state>/agent/tasks.',
    ],
    [
      'db',
      half,
      both,
      'Nothing that shop/db writes is kept: its log driver is none.',
      'Take `logging.driver: none` out of the stack file, and its lines are kept from then on.',
    ],
  ])('of %s: it says why', async (service, record, observed, message, hint) => {
    const query = { stack: 'shop', target: service, follow: false }
    const read = () => serviceOf(record, observed).logs(query, new AbortController().signal)
    expect(read).toThrow(expect.objectContaining({ message, hint }))
  })
})

it('logs are read by the controller that leads alone', () => {
  const read = () =>
    serviceOf(shop, aFleet(aHost('alpha', [task('app')])), false).logs(
      { stack: 'shop', follow: true },
      new AbortController().signal,
    )
  expect(read).toThrow(expect.objectContaining({ code: 'NOT_LEADER' }))
})

it('logs of a stack are read when those of one service are kept', () => {
  const both = aFleet(aHost('alpha', [task('app'), task('db')]))
  const read = () =>
    serviceOf(half, both).logs({ stack: 'shop', follow: false }, new AbortController().signal)
  expect(read).not.toThrow()
})

describe('a rollback by hand', () => {
  const earlier = [2, 3].map((n) => aRevision(n, aStack('shop', [aService(`app${n}`)])))
  const [second, third] = earlier.map(({ revision }) => revision)
  const record = { ...shop, previous: [...earlier, aRevision(1, shop.accepted?.spec ?? aStack('shop', []))] }

  it('gives the revision that it goes back to', async () => {
    expect(await serviceOf(record).rollback('shop')).toBe(second)
    expect(await serviceOf(record).rollback('shop', third?.slice(0, 7))).toBe(third)
  })

  it('calls it as the history does, and takes every name that it has', async () => {
    const [digest, id] = [earlier[0]?.spec.digest ?? '', 'one']
    const entry = { ...{ id, digest, revision: sha(9), direction: 'forward' as const }, trigger: 'commit' }
    const history = [{ ...entry, startedAt: '2026-01-01T00:00:00Z', outcome: 'converged' as const }]
    const known = serviceOf({ ...record, history })
    for (const wanted of [undefined, second, sha(9).slice(0, 7)]) {
      expect(await known.rollback('shop', wanted)).toBe(sha(9))
    }
    await expect(known.rollback('shop', 'zzzz')).rejects.toMatchObject({
      hint: `It can go back to: ${sha(9).slice(0, 7)}, ${third?.slice(0, 7)}.`,
    })
  })

  it('after an automatic one goes back further than that did', async () => {
    const bad = aRevision(4, aStack('shop', [aService('bad')]))
    const rolledBack = {
      ...record,
      accepted: bad,
      bad: { revision: sha(4), digest: bad.spec.digest, reason: '', at: '' },
    }
    expect(await serviceOf(rolledBack).rollback('shop')).toBe(second)
  })

  it.each(['zzz', '', 'zzzz', sha(1), sha(3).slice(0, 3)])(
    'to %j is refused with what there is',
    async (wanted) => {
      await expect(serviceOf(record).rollback('shop', wanted)).rejects.toMatchObject({
        code: 'REVISION_NOT_FOUND',
        hint: `It can go back to: ${second?.slice(0, 7)}, ${third?.slice(0, 7)}.`,
      })
    },
  )
})

describe('a rollback', () => {
  it('is refused by a controller that does not lead: doubt means stop acting', async () => {
    await expect(serviceOf(shop, aFleet(), false).rollback('shop')).rejects.toMatchObject({
      code: 'NOT_LEADER',
    })
  })
})

describe('the plan', () => {
  it('says that a bad commit is held back, beside what it would change', () => {
    const bad = aRevision(2, aStack('shop', [aService('app', { replicas: 2 })]))
    const held = { revision: bad.revision, digest: bad.spec.digest, reason: 'app.1 failed.', at: 'then' }
    const record = {
      ...aRecord('shop', bad, { healthy: aRevision(1, aStack('shop', [aService('app')])) }),
      bad: held,
    }
    const [plan] = serviceOf(record).plan().stacks
    expect(plan?.changes.map(({ summary }) => summary)).toEqual(['scale app from 1 to 2'])
    expect(plan?.problems).toEqual([
      `${sha(2).slice(0, 7)} is held back until a commit changes the stack: app.1 failed.`,
    ])
  })

  it('adds nothing that runs already after a first deploy that failed', () => {
    const spec = aStack('shop', [aService('app')])
    const bad = { revision: sha(1), digest: spec.digest, reason: 'app.1 failed.', at: 'then' }
    const stalled = aRecord('shop', aRevision(1, spec), { healthy: null, bad, outcome: 'stalled' })
    expect(serviceOf(stalled).plan().stacks).toMatchObject([
      { revision: sha(1), changes: [], problems: [expect.stringContaining('is held back')] },
    ])
  })

  it('is empty once all is in place, also while not all of it serves', () => {
    const spec = (v: string) => aStack('shop', [aService('app', { container: { environment: { V: v } } })])
    const degraded = aRecord('shop', aRevision(2, spec('2')), { healthy: aRevision(1, spec('1')) })
    expect(serviceOf({ ...degraded, outcome: 'degraded' }).plan().stacks).toMatchObject([
      { revision: sha(2), changes: [], problems: [] },
    ])
  })
})

describe('a plan of files that are not committed', () => {
  it('takes what is known of images for granted, so that it is no change', () => {
    const reference = 'docker.io/library/nginx:1.29'
    const declared = aStack('shop', [
      aService('web', { container: { image: { reference, pull: 'missing' } } }),
    ])
    const pin = { digest: `sha256:${'a'.repeat(64)}`, at: '2026-01-01T00:00:00.000Z' }
    const pinned = applyPins(declared, new Map([[reference, pin]]))
    const { stacks } = serviceOf(aRecord('shop', aRevision(1, pinned))).plan([declared])
    expect(stacks).toMatchObject([{ name: 'shop', changes: [] }])
  })
})
