import { describe, expect, it } from 'vitest'
import type { RemoveVolumesQuery } from '../../../controller/api/volumes.ts'
import type { Candidate } from '../../../controller/rollout/accept.ts'
import { createVolumes, type VolumesDeps } from '../../../controller/service/volumes.ts'
import { SetpointError } from '../../../schemas/error.ts'
import type { Event } from '../../../schemas/event.ts'
import type { Observed } from '../../../schemas/fleet.ts'
import type { StackRecord } from '../../../schemas/record.ts'
import type { Channel } from '../../../schemas/session/channel.ts'
import { FRAME, type Frame, jsonFrame } from '../../../schemas/session/frames.ts'
import type { SessionRequest } from '../../../schemas/session/request.ts'
import type { HostVolume } from '../../../schemas/session/volumes.ts'
import { aFleet, aHost, aRecord, aRevision, aService, aStack } from '../../support/builders.ts'
import { aLog } from '../../support/jobs.ts'

const MADE = '2026-01-01T00:00:00.000Z'
const aVolume = (name: string, volume: Partial<HostVolume> = {}): HostVolume => ({
  ...{ name, path: `/state/volumes/${name}/data`, external: false, labels: {}, createdAt: MADE, usedBy: [] },
  ...volume,
})
const user = { taskId: 'shop-db-1-x', stack: 'shop', service: 'db', slot: 1 }

const mounts = [{ type: 'volume' as const, source: 'shop_data', target: '/data', readOnly: false }]
const declaring = aStack('shop', [aService('db', { container: { mounts } })], {
  volumes: [{ name: 'shop_data', external: false, labels: {} }],
})
const shop = aRecord('shop', aRevision(1, declaring), {
  inventory: [{ taskId: 'shop-db-1-x', service: 'db', slot: 1, host: 'alpha', at: MADE, seen: true }],
})

const goingOn: StackRecord['rollout'] = {
  ...{ id: 'r', direction: 'forward', from: 'c1', to: aRevision(2, declaring), startedAt: MADE },
  ...{ services: {}, phase: 'rolling' },
}

interface World {
  hosts: Record<string, HostVolume[] | SetpointError>
  records?: StackRecord[]
  fleet?: Observed
  /** Hosts whose key is pinned. */
  pinned?: string[]
  /** What the hosts report was read. */
  current?: boolean
  /** What the newest commits say of stacks. */
  candidates?: Record<string, Candidate['spec']>
  /** When the source was last read. */
  polled?: string | null
  /** What a host says when it is told to remove a volume of that name. */
  refusal?: Record<string, SetpointError>
  /** Called when one is to be removed. */
  onRemove?: () => void
  /** Aborted once nobody waits for the answer any more. */
  gone?: AbortController
}

/** Volumes of hosts that answer as they are told to. */
function serviceOf(world: World) {
  const {
    hosts,
    records = [],
    fleet,
    candidates = {},
    polled = MADE,
    pinned = [],
    current = true,
    refusal = {},
  } = world
  const removed: string[] = []
  const events: Event[] = []
  const asked: SessionRequest[] = []
  const deps: VolumesDeps = {
    fleet: {
      observed: () => fleet ?? aFleet(...Object.keys(hosts).map((name) => aHost(name))),
      isCurrent: () => current,
    },
    hostKeys: { hosts: () => pinned },
    opener: {
      async open(host, request) {
        asked.push(request)
        const volumes = hosts[host] ?? []
        if (volumes instanceof SetpointError) throw volumes
        if (request.kind !== 'removeVolume') return channelOf([jsonFrame(FRAME.volumes, volumes), END])
        world.onRemove?.()
        const error = refusal[request.name]
        if (error) return channelOf([jsonFrame(FRAME.end, { error: error.facts() })])
        removed.push(`${host}/${request.name}`)
        return channelOf([END])
      },
    },
    records: { list: () => records },
    sources: {
      stacks: () => Object.keys(candidates),
      candidate: (stack) => ({ source: 'infra', revision: 'c2', spec: candidates[stack] ?? 'removed' }),
      status: () => [
        { name: 'infra', url: '/infra', branch: '', revision: null, polled, error: null },
        { name: 'other', url: '/other', branch: '', revision: 'c1', polled: MADE, error: null },
      ],
    },
    checkStack(stack) {
      throw new SetpointError('STACK_NOT_FOUND', `There is no stack ${stack}.`)
    },
    events: { note: (event) => void events.push(event) },
    log: aLog(),
    now: () => new Date(MADE),
  }
  const { volumes, removeVolumes } = createVolumes(deps)
  const { signal } = world.gone ?? new AbortController()
  const remove = (query: RemoveVolumesQuery) => removeVolumes(query, signal)
  return { volumes, removeVolumes: remove, removed, events, asked }
}

const END = jsonFrame(FRAME.end, {})

function channelOf(frames: Frame[]): Channel {
  return {
    signal: new AbortController().signal,
    send: async () => {},
    receive: async () => frames.shift(),
    close: async () => {},
  }
}

const all = { size: false, unused: false }
const lost = aFleet(aHost('alpha'), aHost('beta', [], { state: 'lost' }))

describe('the volumes of the fleet', () => {
  it('are told by name, with what each stack wants where it is', async () => {
    const { volumes } = serviceOf({
      hosts: {
        beta: [aVolume('shop_data'), aVolume('', { target: '/cache', usedBy: [user] })],
        alpha: [
          aVolume('shop_data', { stack: 'shop', usedBy: [user] }),
          aVolume('theirs', { external: true }),
        ],
      },
      records: [shop],
    })
    const { volumes: found } = await volumes(all)
    expect(found.map(({ name, host, stack, declaredBy }) => [name, host, stack, declaredBy])).toEqual([
      ['shop_data', 'alpha', 'shop', ['shop']],
      ['shop_data', 'beta', null, []],
      ['theirs', 'alpha', null, []],
      ['', 'beta', null, []],
    ])
    const unused = (await volumes({ ...all, unused: true })).volumes
    expect(unused.map(({ name, host }) => [name, host])).toEqual([['shop_data', 'beta']])
  })

  it('are those of one stack, also of one that is gone', async () => {
    const { volumes } = serviceOf({
      hosts: { alpha: [aVolume('shop_data', { stack: 'shop' }), aVolume('web_data')] },
    })
    expect((await volumes({ ...all, stack: 'shop' })).volumes.map(({ name }) => name)).toEqual(['shop_data'])
    await expect(volumes({ ...all, stack: 'none' })).rejects.toMatchObject({ code: 'STACK_NOT_FOUND' })
  })

  it('leave out a host that does not answer, and say so', async () => {
    const broken = new SetpointError('SESSION_LOST', 'gamma did not answer within 10 s.')
    const fleet = aFleet(...lost.values(), aHost('gamma'))
    const hosts = { alpha: [aVolume('a')], gamma: broken }
    const document = await serviceOf({ hosts, fleet, pinned: ['alpha', 'delta'] }).volumes(all)
    expect(document.volumes.map(({ name }) => name)).toEqual(['a'])
    expect(document.missing.map(({ host, error }) => `${host}: ${error.message}`).sort()).toEqual([
      'beta: beta does not report.',
      'delta: delta has not reported since this controller started.',
      'gamma: gamma did not answer within 10 s.',
    ])
  })

  it('are not called unused before every source was read', async () => {
    const { volumes } = serviceOf({ hosts: { alpha: [aVolume('old')] }, polled: null })
    const document = await volumes(all)
    expect(document.volumes.map(({ name }) => name)).toEqual(['old'])
    expect(document.unread).toEqual(['infra'])
    await expect(volumes({ ...all, unused: true })).rejects.toMatchObject({ code: 'VOLUME_KEPT' })
  })

  it('cannot be told by a controller that does not lead', async () => {
    const hosts = { alpha: new SetpointError('NOT_LEADER', 'Another controller leads.') }
    await expect(serviceOf({ hosts }).volumes(all)).rejects.toMatchObject({ code: 'NOT_LEADER' })
  })

  it('are refused in a shape that nobody knows', async () => {
    const hosts = { alpha: [{ nonsense: true }] as unknown as HostVolume[] }
    expect((await serviceOf({ hosts }).volumes(all)).missing).toMatchObject([
      { host: 'alpha', error: { code: 'SESSION_BROKEN' } },
    ])
  })
})

describe('removing volumes', () => {
  it('tells the host which one is meant, and tells of it', async () => {
    const service = serviceOf({ hosts: { alpha: [aVolume('shop_old', { stack: 'shop' })], beta: [] } })
    expect(await service.removeVolumes({ names: ['shop_old', 'gone', 'shop_old'] })).toEqual({
      removed: [{ name: 'shop_old', host: 'alpha' }],
      absent: ['gone'],
    })
    expect(service.asked.at(-1)).toEqual({ kind: 'removeVolume', name: 'shop_old', createdAt: MADE })
    expect(service.events).toEqual([
      {
        ...{ at: MADE, type: 'volume', reason: 'VolumeRemoved', host: 'alpha', stack: 'shop' },
        message: 'volume shop_old is removed from alpha, with all that was in it',
      },
    ])
  })

  it.each<[string, World, { names: string[]; host?: string }, object]>([
    [
      'declared and used',
      { hosts: { alpha: [aVolume('shop_data', { usedBy: [user] })] }, records: [shop] },
      { names: ['shop_data'] },
      {
        code: 'VOLUME_KEPT',
        message:
          'The volume shop_data on alpha is declared by shop and used by shop/db.1, so it is not removed.',
      },
    ],
    [
      'declared by the revision that a rollout may go back to',
      {
        hosts: { alpha: [aVolume('shop_data')] },
        records: [{ ...shop, accepted: aRevision(2, aStack('shop', [])) }],
      },
      { names: ['shop_data'] },
      {
        code: 'VOLUME_KEPT',
        message: 'The volume shop_data on alpha is declared by shop, so it is not removed.',
      },
    ],
    [
      'where a rollout that is under way may go back to',
      { hosts: { alpha: [], beta: [aVolume('shop_data')] }, records: [{ ...shop, rollout: goingOn }] },
      { names: ['shop_data'] },
      { code: 'VOLUME_KEPT', message: expect.stringContaining('on beta is declared by shop') },
    ],
    [
      'declared by the newest commit alone',
      { hosts: { alpha: [aVolume('shop_data')] }, candidates: { shop: declaring } },
      { names: ['shop_data'] },
      { code: 'VOLUME_KEPT', message: expect.stringContaining('is declared by shop') },
    ],
    [
      'named like one of a stack whose first commit nobody can read',
      { hosts: { alpha: [aVolume('shop_data')] }, candidates: { shop: 'invalid' } },
      { names: ['shop_data'] },
      { code: 'VOLUME_KEPT', message: expect.stringContaining('is declared by shop') },
    ],
    [
      'made for a stack whose first commit nobody can read',
      { hosts: { alpha: [aVolume('mine', { stack: 'shop' })] }, candidates: { shop: 'invalid' } },
      { names: ['mine'] },
      { code: 'VOLUME_KEPT', message: expect.stringContaining('is declared by shop') },
    ],
    [
      'perhaps declared in a source that was not read yet',
      { hosts: { alpha: [aVolume('old')] }, polled: null },
      { names: ['old'] },
      {
        code: 'VOLUME_KEPT',
        message:
          'Nobody knows yet which volumes infra declares: it was not read since the controller started.',
      },
    ],
    [
      'used',
      { hosts: { alpha: [aVolume('shop_old', { usedBy: [user] })] } },
      { names: ['shop_old'] },
      {
        code: 'VOLUME_KEPT',
        message: 'The volume shop_old on alpha is used by shop/db.1, so it is not removed.',
      },
    ],
    [
      'external',
      { hosts: { alpha: [aVolume('theirs', { external: true })] } },
      { names: ['theirs'] },
      { code: 'VOLUME_KEPT' },
    ],
    [
      'on two hosts',
      { hosts: { alpha: [aVolume('old')], beta: [aVolume('old')] } },
      { names: ['old'] },
      {
        code: 'USAGE',
        message: 'The volume old is on alpha, beta: say which is meant.',
        hint: 'For example: setpoint volumes rm old --host alpha',
      },
    ],
    [
      'perhaps also on a host that is silent',
      { hosts: { alpha: [aVolume('old')] }, fleet: lost },
      { names: ['old'] },
      { code: 'SESSION_LOST', hint: 'Name the host that is meant: --host alpha' },
    ],
    [
      'perhaps also on a host that has not reported yet',
      { hosts: { alpha: [aVolume('old')] }, pinned: ['beta'] },
      { names: ['old'] },
      { code: 'SESSION_LOST', hint: 'Name the host that is meant: --host alpha' },
    ],
    [
      'perhaps on a host of the inventory that has not reported yet',
      { hosts: { beta: [] }, records: [shop] },
      { names: ['old'] },
      { code: 'SESSION_LOST', message: expect.stringContaining('alpha has not reported') },
    ],
    [
      'on a host that is meant and has not reported yet',
      { hosts: { alpha: [] }, pinned: ['beta'] },
      { names: ['old'], host: 'beta' },
      { code: 'SESSION_LOST' },
    ],
    [
      'perhaps on hosts of which nothing was read yet',
      { hosts: { alpha: [aVolume('old')] }, current: false },
      { names: ['old'] },
      { code: 'SESSION_LOST', message: 'What the hosts report was not read yet.' },
    ],
    [
      'no name at all',
      { hosts: { alpha: [] } },
      { names: [''] },
      { code: 'USAGE', message: '"" is no name of a volume.' },
    ],
    [
      'on a host that there is not',
      { hosts: { alpha: [] } },
      { names: ['old'], host: 'nowhere' },
      { code: 'HOST_NOT_FOUND', hint: 'There are: alpha.' },
    ],
  ])('keeps what is %s, and all that was named with it', async (_, world, query, error) => {
    const hosts = { ...world.hosts }
    if (Array.isArray(hosts.alpha)) hosts.alpha = [aVolume('other'), ...hosts.alpha]
    const service = serviceOf({ ...world, hosts })
    await expect(service.removeVolumes({ ...query, names: ['other', ...query.names] })).rejects.toMatchObject(
      error,
    )
    expect(service.removed).toEqual([])
  })

  it('takes the one on the host that is named, whatever other hosts do', async () => {
    const service = serviceOf({ hosts: { alpha: [aVolume('old')] }, fleet: lost, pinned: ['gamma'] })
    await service.removeVolumes({ names: ['old'], host: 'alpha' })
    expect(service.removed).toEqual(['alpha/old'])
  })

  it('says what was removed before a host has refused', async () => {
    const refusal = { b: new SetpointError('VOLUME_KEPT', 'The volume b is used.', { hint: 'Wait.' }) }
    const service = serviceOf({ hosts: { alpha: [aVolume('a'), aVolume('b')] }, refusal })
    await expect(service.removeVolumes({ names: ['a', 'b'] })).rejects.toMatchObject({
      ...{ code: 'VOLUME_KEPT', message: 'The volume b is used.', hint: 'Wait. Removed before it: a.' },
    })
    expect(service.removed).toEqual(['alpha/a'])
    expect(service.events).toHaveLength(1)
  })

  it.each([
    ['VOLUME_KEPT' as const, 'A volume is removed, but not all that was in it: rm: Operation not permitted.'],
    ['SESSION_LOST' as const, 'alpha has broken off.'],
  ])('tells of one that is gone although its host has ended with %s', async (code, message) => {
    const hosts = { alpha: [aVolume('old', { stack: 'shop' })] }
    const refusal = { old: new SetpointError(code, message) }
    const service = serviceOf({ hosts, refusal, onRemove: () => void hosts.alpha.pop() })
    await expect(service.removeVolumes({ names: ['old'] })).rejects.toMatchObject({ code, message })
    expect(service.events).toEqual([
      {
        ...{ at: MADE, type: 'volume', reason: 'VolumeRemoved', host: 'alpha', stack: 'shop' },
        message: `volume old is removed from alpha, but not to the end: ${message}`,
      },
    ])
  })

  it('keeps what has been declared while another was removed', async () => {
    const records: StackRecord[] = []
    const onRemove = () => void records.push(shop)
    const service = serviceOf({ hosts: { alpha: [aVolume('a'), aVolume('shop_data')] }, records, onRemove })
    await expect(service.removeVolumes({ names: ['a', 'shop_data'] })).rejects.toMatchObject({
      code: 'VOLUME_KEPT',
      message: 'The volume shop_data on alpha is declared by shop, so it is not removed.',
      hint: expect.stringContaining('Removed before it: a.'),
    })
    expect(service.removed).toEqual(['alpha/a'])
  })

  it('ends when nobody waits for it any more', async () => {
    const gone = new AbortController()
    const hosts = { alpha: [aVolume('a'), aVolume('b')] }
    const service = serviceOf({ hosts, gone, onRemove: () => gone.abort() })
    await expect(service.removeVolumes({ names: ['a', 'b'] })).rejects.toThrow()
    expect(service.removed).toEqual(['alpha/a'])
  })
})
