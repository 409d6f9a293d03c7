import { describe, expect, it } from 'vitest'
import { type ForgetDeps, forget } from '../../../controller/service/forget-host.ts'
import { SetpointError } from '../../../schemas/error.ts'
import type { ObservedHost } from '../../../schemas/fleet.ts'
import type { StackRecord } from '../../../schemas/record.ts'
import { aFleet, aHost, aRecord, aRevision, aService, aStack } from '../../support/builders.ts'
import { aLog } from '../../support/jobs.ts'

const AT = '2026-01-01T00:00:00Z'
const shop = aRecord('shop', aRevision(1, aStack('shop', [aService('web')])), {
  inventory: [{ taskId: 'shop-web-1-x', service: 'web', slot: 1, host: 'beta', at: AT, seen: true }],
})

/** A controller that has heard of `beta`, or only has its pin. */
function world({ state = 'lost' as ObservedHost['state'], heard = true, current = true, leads = true } = {}) {
  let record: StackRecord = shop
  const done: string[] = []
  const failing = new Set<string>()
  const step = (name: string) => async (host: string) => {
    if (failing.delete(name)) throw new SetpointError('REDIS_UNREACHABLE', 'Redis does not answer.')
    done.push(`${name} ${host}`)
  }
  const put = async (next: StackRecord) => {
    record = next
  }
  const deps: ForgetDeps = {
    records: { get: () => record, list: () => [record], put },
    fleet: {
      observed: () => (heard ? aFleet(aHost('beta', [], { state })) : aFleet()),
      isCurrent: () => current,
      stateOf: () => state,
      forget: step('fleet'),
    },
    queue: { forget: step('queue') },
    delivery: { forget: step('delivery') },
    hostKeys: { hosts: () => ['beta'], forget: step('key') },
    turns: { exclusive: (_stack, work) => work() },
    leader: {
      epoch() {
        if (!leads) throw new SetpointError('NOT_LEADER', 'Another controller leads.')
        return 1
      },
    },
    events: { note: ({ reason, message }) => void done.push(`${reason}: ${message}`) },
    log: aLog(),
    now: () => new Date(AT),
  }
  const isForgotten = () => record.inventory.every(({ forgotten }) => forgotten !== undefined)
  return { forget: (host = 'beta') => forget(deps, host), done, failing, isForgotten }
}

const STEPS = ['queue beta', 'delivery beta', 'fleet beta', 'key beta']

it('forgets a host that is lost in the records, in Redis and among the keys, and tells of it', async () => {
  const { forget, done, isForgotten } = world()
  expect(await forget()).toEqual({
    ...{ host: 'beta', seen: '2026-01-01T00:00:00.000Z', volumes: [] },
    tasks: [{ stack: 'shop', service: 'web', slot: 1, taskId: 'shop-web-1-x' }],
  })
  expect(done).toEqual([...STEPS, 'HostForgotten: beta is forgotten; 1 of its tasks are placed anew'])
  expect(isForgotten()).toBe(true)
})

it.each(['queue', 'delivery', 'fleet', 'key'])('goes on where it was when %s failed', async (step) => {
  const { forget, done, failing, isForgotten } = world()
  failing.add(step)
  await expect(forget()).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
  await forget()
  expect(done).toEqual(expect.arrayContaining(STEPS))
  expect(isForgotten()).toBe(true)
})

describe('refuses', () => {
  it.each([
    ['a host that reports', { state: 'ready' as const }, 'HOST_REPORTS', /last heard at 2026.*/],
    ['one that is late', { state: 'stale' as const }, 'HOST_REPORTS', /last heard/],
    [
      'one that nobody would have heard yet',
      { state: 'stale' as const, heard: false },
      'HOST_REPORTS',
      /less than 15 s/,
    ],
    [
      'one whose reports cannot be read',
      { state: 'ready' as const, heard: false },
      'HOST_REPORTS',
      /it reports, but what it tells cannot be read/,
    ],
    ['before all reports were read', { heard: false, current: false }, 'HOST_REPORTS', /not heard yet/],
    ['when another controller leads', { leads: false }, 'NOT_LEADER', /leads/],
  ])('%s', async (_, around, code, message) => {
    const { forget, done, isForgotten } = world(around)
    await expect(forget()).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
    expect(done).toEqual([])
    expect(isForgotten()).toBe(false)
  })

  it('with what counts on it', async () => {
    const hint = expect.stringContaining('What counts on it: shop/web.1.')
    await expect(world({ state: 'ready' }).forget()).rejects.toMatchObject({ hint })
  })

  it('a name that nobody knows, with those that there are', async () => {
    const known = { code: 'HOST_NOT_FOUND', hint: 'There are: beta.' }
    await expect(world().forget('bta')).rejects.toMatchObject(known)
  })
})
