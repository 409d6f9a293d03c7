import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Fleet, Observed } from '../../controller/observed/fleet.ts'
import { createFleet } from '../../controller/observed/redis-fleet.ts'
import type { Report } from '../../schemas/report.ts'
import type { TaskStatus } from '../../schemas/task.ts'
import { HEARTBEAT, REPORTS, SNAPSHOTS } from '../../schemas/wire.ts'
import { aSeen, reportsOf } from '../support/agent-reports.ts'
import { aHost } from '../support/builders.ts'
import { aLog, type TestLog } from '../support/jobs.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis()
let fleet: Fleet
let log: TestLog
/** How far the fleet's clock is ahead of the machine's. */
let ahead: number
const closing: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  ahead = 0
  fleet = open()
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const now = () => new Date(Date.now() + ahead)

function open(timeout = 10_000): Fleet {
  log = aLog()
  const opened = createFleet({ redis: redis.url, log, now, timeout })
  closing.push(() => opened.close())
  return opened
}

/** Resolves with the fleet once it is as asked, looking at each change. */
function until(test: (observed: Observed) => boolean, looking: Fleet = fleet): Promise<Observed> {
  return new Promise((resolve) => {
    const look = () => {
      const observed = looking.observed(now())
      if (test(observed)) resolve(observed)
    }
    looking.onChange(look)
    look()
  })
}

/** The next call of the listener. */
function change(): Promise<Set<string> | null> {
  return new Promise((resolve) => fleet.onChange(resolve))
}

/** Resolves once everything that was sent before has been taken in. */
async function drained(looking: Fleet = fleet): Promise<void> {
  const marker = `marker-${markers++}`
  const seen = new Promise<void>((resolve) => {
    looking.onOutcome(({ jobId }) => jobId === marker && resolve())
  })
  await reportsOf(redis, 'marker').outcome(marker)
  await seen
}
let markers = 0

const states = (observed: Observed, host: string) =>
  Object.fromEntries(observed.get(host)?.tasks.map(({ id, run, state }) => [id, `${run} ${state}`]) ?? [])

describe('a fleet', () => {
  it('knows no host before one reports', async () => {
    await fleet.start()
    expect(fleet.observed(now()).size).toBe(0)
  })

  it('takes what an agent of the version before reports: its last probe alone', async () => {
    const lastProbe = { exitCode: 0, output: '', at: '2026-01-01T00:00:00.000Z' }
    await reportsOf(redis, 'one').snapshot([aSeen('a', 'one', { lastProbe })])
    await fleet.start()
    expect(states(fleet.observed(now()), 'one')).toEqual({ a: '1 running' })
  })

  it('takes what an agent of a later version reports, and of it what it knows itself', async () => {
    const agent = reportsOf(redis, 'one')
    const more = { ofTomorrow: { deep: true } }
    const seen = (id: string): TaskStatus => ({ ...aSeen(id, 'one'), ...more })
    await agent.snapshot([seen('a')], { ...more, host: { ...aHost('one').info, ...more } } as object)
    await fleet.start()
    await agent.send({ kind: 'delta', ...agent.look(), tasks: [seen('b')], gone: [], ...more } as Report)
    await drained()
    expect(states(fleet.observed(now()), 'one')).toEqual({ a: '1 running', b: '1 running' })
    expect(JSON.stringify(fleet.observed(now()).get('one'))).not.toContain('ofTomorrow')
  })

  it('knows at its start what was reported before, deltas included', async () => {
    const agent = reportsOf(redis, 'one')
    await agent.snapshot([aSeen('a', 'one', { state: 'starting' }), aSeen('b', 'one')])
    await agent.delta([aSeen('a', 'one')], ['b'])
    await fleet.start()
    expect(states(fleet.observed(now()), 'one')).toEqual({ a: '1 running' })
    expect(fleet.observed(now()).get('one')).toMatchObject({
      state: 'ready',
      info: { name: 'one' },
      strays: [],
    })
  })

  it('follows deltas and tells of the stacks that they touch', async () => {
    const agent = reportsOf(redis, 'one')
    await agent.snapshot([aSeen('a', 'one', { state: 'starting' }), aSeen('b', 'one', { stack: 'db' })])
    await fleet.start()
    await drained()
    const changed = change()
    await agent.delta([aSeen('a', 'one')])
    expect(await changed).toEqual(new Set(['web']))
    expect(states(fleet.observed(now()), 'one')).toEqual({ a: '1 running', b: '1 running' })
    const gone = change()
    await agent.delta([], ['b'])
    expect(await gone).toEqual(new Set(['db']))
    expect(states(fleet.observed(now()), 'one')).toEqual({ a: '1 running' })
  })

  it('tells null when a host is new or is another one than before', async () => {
    await fleet.start()
    const agent = reportsOf(redis, 'one')
    const came = change()
    await agent.snapshot([])
    expect(await came).toBeNull()
    const drain = change()
    await agent.snapshot([], { host: { ...aHost('one').info, availability: 'drain' } })
    expect(await drain).toBeNull()
    expect(fleet.observed(now()).get('one')?.info.availability).toBe('drain')
    const strays = change()
    await agent.snapshot([], {
      host: { ...aHost('one').info, availability: 'drain' },
      strays: [{ containerId: 'x', pid: 7, since: '2026-01-01T00:00:00.000Z' }],
    })
    expect(await strays).toBeNull()
  })

  it('tells of a snapshot only what differs in it, and gives the same view until something does', async () => {
    const agent = reportsOf(redis, 'one')
    await agent.snapshot([aSeen('a', 'one')])
    await fleet.start()
    await drained()
    const told: (Set<string> | null)[] = []
    fleet.onChange((stacks) => told.push(stacks))
    const tasks = fleet.observed(now()).get('one')?.tasks
    expect(fleet.observed(now())).toBe(fleet.observed(now()))
    await agent.snapshot([aSeen('a', 'one')])
    await drained()
    expect(fleet.observed(now()).get('one')?.tasks).toEqual(tasks)
    const changed = change()
    await agent.snapshot([aSeen('a', 'one', { health: 'unhealthy' }), aSeen('b', 'one', { stack: 'db' })])
    expect(await changed).toEqual(new Set(['web', 'db']))
    expect(told).toEqual([new Set(['web', 'db'])])
  })

  it('tells what comes together once', async () => {
    const agent = reportsOf(redis, 'one')
    await agent.snapshot([])
    await fleet.start()
    await drained()
    const told: (Set<string> | null)[] = []
    fleet.onChange((stacks) => told.push(stacks))
    await redis.client
      .multi()
      .xadd(
        REPORTS,
        '*',
        'report',
        JSON.stringify({ kind: 'delta', ...agent.look(), tasks: [aSeen('a', 'one')], gone: [] }),
      )
      .xadd(
        REPORTS,
        '*',
        'report',
        JSON.stringify({
          kind: 'delta',
          ...agent.look(),
          tasks: [aSeen('b', 'one', { stack: 'db' })],
          gone: [],
        }),
      )
      .exec()
    await drained()
    expect(told).toEqual([new Set(['web', 'db'])])
  })

  it('goes on when a listener throws', async () => {
    await fleet.start()
    fleet.onChange(() => {
      throw new Error('mine')
    })
    await reportsOf(redis, 'one').snapshot([])
    await until((observed) => observed.has('one'))
    expect(log.lines).toContain('error A listener of the fleet threw')
  })

  it('takes in 5,000 tasks of 100 hosts', async () => {
    await Promise.all(
      Array.from({ length: 100 }, (_, host) =>
        reportsOf(redis, `h${host}`).snapshot(
          Array.from({ length: 50 }, (_, task) => aSeen(`t${task}`, `h${host}`, { stack: `s${task}` })),
        ),
      ),
    )
    await fleet.start()
    const observed = fleet.observed(now())
    expect([...observed.values()].reduce((sum, host) => sum + host.tasks.length, 0)).toBe(5_000)
  })
})

describe('outcomes and answers', () => {
  it('tells of outcomes, but not of those from before the start', async () => {
    const agent = reportsOf(redis, 'one')
    await agent.snapshot([])
    await agent.outcome('early')
    const told: string[] = []
    fleet.onOutcome(({ jobId }) => told.push(jobId))
    await fleet.start()
    await agent.outcome('late')
    await drained()
    expect(told.filter((id) => !id.startsWith('marker'))).toEqual(['late'])
  })
})

describe('the later observation wins', () => {
  it('drops a delta that is older than the snapshot', async () => {
    const agent = reportsOf(redis, 'one')
    const early = agent.look()
    await agent.snapshot([aSeen('a', 'one')])
    await fleet.start()
    await agent.send({ kind: 'delta', ...early, tasks: [aSeen('b', 'one')], gone: ['a'] })
    await drained()
    expect(states(fleet.observed(now()), 'one')).toEqual({ a: '1 running' })
  })

  it('lets the state of a run only grow, and a later run begin anew', async () => {
    const agent = reportsOf(redis, 'one')
    await agent.snapshot([aSeen('a', 'one', { state: 'failed' })])
    await fleet.start()
    await agent.delta([aSeen('a', 'one', { state: 'running' })])
    await drained()
    expect(states(fleet.observed(now()), 'one')).toEqual({ a: '1 failed' })
    await agent.delta([aSeen('a', 'one', { run: 2, state: 'preparing' })])
    await drained()
    expect(states(fleet.observed(now()), 'one')).toEqual({ a: '2 preparing' })
  })

  it('believes a task that was made anew under its id, even when its end was missed', async () => {
    const agent = reportsOf(redis, 'one')
    await agent.snapshot([aSeen('a', 'one', { run: 3, state: 'complete' }), aSeen('b', 'one')])
    await fleet.start()
    const since = '2026-02-02T00:00:00.000Z'
    await agent.snapshot([
      aSeen('a', 'one', { state: 'assigned', since }),
      aSeen('b', 'one', { state: 'assigned', since }),
    ])
    await drained()
    expect(states(fleet.observed(now()), 'one')).toEqual({ a: '1 assigned', b: '1 assigned' })
  })

  it('takes a new life of an agent for the truth, and nothing of an earlier life after it', async () => {
    const old = reportsOf(redis, 'one', 'boot-1')
    const told: string[] = []
    fleet.onNewLife((host) => told.push(host))
    await old.snapshot([aSeen('a', 'one', { run: 2 }), aSeen('b', 'one')])
    await fleet.start()
    expect(told).toEqual([])
    const young = reportsOf(redis, 'one', 'boot-2')
    await young.snapshot([aSeen('a', 'one', { run: 1, state: 'starting' })])
    await drained()
    expect(states(fleet.observed(now()), 'one')).toEqual({ a: '1 starting' })
    await old.delta([aSeen('c', 'one')])
    await old.snapshot([aSeen('d', 'one')])
    await drained()
    expect(states(fleet.observed(now()), 'one')).toEqual({ a: '1 starting' })
    expect(told).toEqual(['one'])
  })

  it('reads at its start no delta of an earlier life into the present one', async () => {
    const old = reportsOf(redis, 'one', 'boot-1')
    await old.snapshot([])
    await old.delta([aSeen('old', 'one')])
    await reportsOf(redis, 'one', 'boot-2').snapshot([aSeen('a', 'one')])
    await fleet.start()
    expect(states(fleet.observed(now()), 'one')).toEqual({ a: '1 running' })
  })
})

describe('a bad payload is dropped and stops nothing', () => {
  const delta = (tasks: TaskStatus[]) => ({
    kind: 'delta',
    ...reportsOf(redis, 'one').look(),
    tasks,
    gone: [],
  })
  it.each<[string, () => string]>([
    ['no JSON', () => '{'],
    ['another shape', () => JSON.stringify({ kind: 'delta', host: 'one' })],
    ['a kind of report that nobody knows', () => JSON.stringify({ ...delta([]), kind: 'gossip' })],
    [
      'a state of a task that nobody knows',
      () => JSON.stringify(delta([aSeen('x', 'one', { state: 'dreaming' as TaskStatus['state'] })])),
    ],
    ['a host name that is a path', () => JSON.stringify({ ...delta([]), host: '../one' })],
    ["another host's task", () => JSON.stringify({ ...delta([aSeen('x', 'two')]), sequence: 99 })],
    [
      'five megabytes',
      () => JSON.stringify({ ...delta([aSeen('x', 'one', { logTail: ['x'.repeat(5e6)] })]), sequence: 99 }),
    ],
  ])('%s', async (_name, payload) => {
    const agent = reportsOf(redis, 'one')
    await agent.snapshot([aSeen('a', 'one')])
    await fleet.start()
    await redis.client.xadd(REPORTS, '*', 'report', payload())
    await redis.client.xadd(REPORTS, '*', 'other', 'field')
    await drained()
    expect(log.lines.filter((line) => line === 'warn A report was dropped')).toHaveLength(2)
    await agent.delta([aSeen('b', 'one')])
    await drained()
    expect(states(fleet.observed(now()), 'one')).toEqual({ a: '1 running', b: '1 running' })
  })

  it.each<[string, string, string]>([
    ['no JSON', 'bad', '{'],
    [
      'of another host',
      'bad',
      JSON.stringify({ host: aHost('good').info, boot: 'b', sequence: 1, at: '', tasks: [], strays: [] }),
    ],
    [
      'under no host name',
      '../bad',
      JSON.stringify({ host: aHost('../bad').info, boot: 'b', sequence: 1, at: '', tasks: [], strays: [] }),
    ],
    ['too large', 'bad', ' '.repeat(17 * 1024 * 1024)],
  ])('a snapshot %s', async (_name, field, value) => {
    await redis.client.hset(SNAPSHOTS, field, value)
    await reportsOf(redis, 'good').snapshot([aSeen('a', 'good')])
    await fleet.start()
    expect([...fleet.observed(now()).keys()]).toEqual(['good'])
    expect(log.lines).toContain('warn A snapshot was dropped')
  })

  it('a stream that is no stream, until it is one', async () => {
    await redis.client.set(REPORTS, 'forged')
    const slow = open(300)
    await expect(slow.start()).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    await redis.client.del(REPORTS)
    await reportsOf(redis, 'one').snapshot([])
    await until((observed) => observed.has('one'), slow)
    expect(log.lines.filter((line) => line === 'warn Reports cannot be read; trying again')).toHaveLength(1)
  })
})

describe('Redis is disposable', () => {
  it('keeps what it knows when Redis is flushed, and goes on with what comes (law 3)', async () => {
    const agent = reportsOf(redis, 'one')
    await agent.snapshot([aSeen('a', 'one')])
    await fleet.start()
    await redis.flush()
    expect(states(fleet.observed(now()), 'one')).toEqual({ a: '1 running' })
    await agent.delta([aSeen('b', 'one')])
    await until((observed) => observed.get('one')?.tasks.length === 2)
  })

  it('follows a stream whose ids begin anew below what it has read', async () => {
    const agent = reportsOf(redis, 'one')
    await agent.snapshot([aSeen('a', 'one')])
    await redis.client.xadd(REPORTS, '9999999999999-0', 'report', '{}')
    await fleet.start()
    await redis.flush()
    const arrived = until((observed) => observed.get('one')?.tasks.length === 2)
    await agent.delta([aSeen('b', 'one')])
    await arrived
    expect(log.lines).toContain('warn Redis lost the report stream; reading what there is now')
  })

  it('goes on with an empty Redis that takes the place of a dead one', async () => {
    const agent = reportsOf(redis, 'one')
    await agent.snapshot([aSeen('a', 'one')])
    await fleet.start()
    await redis.kill()
    expect(states(fleet.observed(now()), 'one')).toEqual({ a: '1 running' })
    await redis.restart()
    const arrived = until((observed) => observed.get('one')?.tasks.length === 2)
    await agent.snapshot([aSeen('a', 'one'), aSeen('b', 'one')])
    await arrived
  })

  it('can be closed while Redis is away', async () => {
    await fleet.start()
    await redis.kill()
    const starting = open()
    const started = starting.start()
    await Promise.all([fleet.close(), starting.close(), started])
    await redis.restart()
  })

  it('starts once Redis comes, after having said that it is away', async () => {
    await redis.kill()
    const early = open(200)
    await expect(early.start()).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    await redis.restart()
    const arrived = until((observed) => observed.has('one'), early)
    await reportsOf(redis, 'one').snapshot([])
    await arrived
  })
})

describe('freshness', () => {
  /** Moves the clock on in steps, another host reporting at each, so that Redis is known to be there. */
  async function pass(milliseconds: number): Promise<void> {
    const other = reportsOf(redis, 'other', `boot-${markers++}`)
    for (let left = milliseconds; left > 0; left -= HEARTBEAT) {
      ahead += Math.min(left, HEARTBEAT)
      await other.snapshot([])
      await drained()
    }
  }
  const stateOf = (host: string) => fleet.observed(now()).get(host)?.state

  it('goes from ready to stale to lost while others report, and back at the next report', async () => {
    const agent = reportsOf(redis, 'one')
    await agent.snapshot([aSeen('a', 'one')])
    await fleet.start()
    await pass(HEARTBEAT)
    expect(stateOf('one')).toBe('ready')
    const late = change()
    await pass(HEARTBEAT)
    expect(stateOf('one')).toBe('stale')
    expect(await late).toBeNull()
    await pass(HEARTBEAT)
    expect(stateOf('one')).toBe('lost')
    expect(states(fleet.observed(now()), 'one')).toEqual({ a: '1 running' })
    await agent.delta([])
    await drained()
    expect([stateOf('one'), stateOf('other')]).toEqual(['ready', 'ready'])
  })

  it('loses nobody because Redis was away, and brings nobody back', async () => {
    const agent = reportsOf(redis, 'one')
    await agent.snapshot([])
    await reportsOf(redis, 'dead').snapshot([])
    await fleet.start()
    for (let beat = 0; beat < 3; beat++) {
      await agent.delta([])
      await pass(HEARTBEAT)
    }
    expect([stateOf('one'), stateOf('dead')]).toEqual(['ready', 'lost'])
    await redis.kill()
    ahead += 60_000
    expect([stateOf('one'), stateOf('dead')]).toEqual(['stale', 'lost'])
    await redis.restart()
    await reportsOf(redis, 'other', 'after').snapshot([])
    await drained()
    expect([stateOf('one'), stateOf('dead')]).toEqual(['stale', 'lost'])
    await pass(3 * HEARTBEAT)
    expect(stateOf('one')).toBe('lost')
  })

  it('forgets a host until it reports again, as one that nobody knew', async () => {
    const [gone, there] = [reportsOf(redis, 'one'), reportsOf(redis, 'two')]
    await gone.snapshot([aSeen('a', 'one')])
    await there.snapshot([])
    await fleet.start()
    await fleet.forget('one')
    expect([...fleet.observed(now()).keys()]).toEqual(['two'])
    expect(await redis.client.hkeys(SNAPSHOTS)).toEqual(['two'])
    await gone.delta([aSeen('b', 'one')])
    await drained()
    expect([...fleet.observed(now()).keys()]).toEqual(['two'])
    await gone.snapshot([aSeen('c', 'one')])
    expect(states(await until((observed) => observed.has('one')), 'one')).toEqual({ c: '1 running' })
  })

  it('takes a host that was never heard for lost only once it would have been', async () => {
    await fleet.start()
    expect(fleet.stateOf('none', now())).toBe('stale')
    for (let beat = 0; beat < 3; beat++) {
      await pass(HEARTBEAT)
      await drained()
    }
    expect(fleet.stateOf('none', now())).toBe('lost')
  })

  it('does not take a host for lost that reports, although its snapshot cannot be read', async () => {
    const agent = reportsOf(redis, 'one')
    await redis.client.hset(SNAPSHOTS, 'one', ' '.repeat(17 * 1024 * 1024))
    await fleet.start()
    for (let beat = 0; beat < 3; beat++) {
      await pass(HEARTBEAT)
      await agent.delta([])
      await drained()
    }
    expect(fleet.observed(now()).has('one')).toBe(false)
    expect(fleet.stateOf('one', now())).toBe('ready')
    await pass(3 * HEARTBEAT)
    expect(fleet.stateOf('one', now())).toBe('lost')
  })

  it('does not take it for lost either when that is the snapshot of a later life', async () => {
    await reportsOf(redis, 'one').snapshot([aSeen('a', 'one')])
    await fleet.start()
    const later = reportsOf(redis, 'one', 'one-later')
    await redis.client.hset(SNAPSHOTS, 'one', '{')
    for (let beat = 0; beat < 4; beat++) {
      await pass(HEARTBEAT)
      await later.delta([])
      await drained()
    }
    expect(states(fleet.observed(now()), 'one')).toEqual({ a: '1 running' })
    expect(stateOf('one')).toBe('lost')
    expect(fleet.stateOf('one', now())).toBe('stale')
  })

  it('knows at its start who has been silent while others reported', async () => {
    const at = Date.now() - 60_000
    const send = async (host: string, after: number, boot: string) => {
      const report = { kind: 'outcome', host, boot, sequence: 1, at: '', jobId: 'x', ok: true }
      await redis.client.xadd(REPORTS, `${at + after}-*`, 'report', JSON.stringify(report))
    }
    for (const host of ['quiet', 'alive']) {
      const snapshot = { host: aHost(host).info, boot: host, sequence: 1, at: '', tasks: [], strays: [] }
      await redis.client.hset(SNAPSHOTS, host, JSON.stringify(snapshot))
    }
    await send('quiet', 0, 'quiet')
    for (let after = 5_000; after <= 60_000; after += HEARTBEAT) await send('alive', after, 'alive')
    await fleet.start()
    expect([stateOf('quiet'), stateOf('alive')]).toEqual(['lost', 'ready'])
  })

  it('calls nobody lost at its start when nobody could report', async () => {
    const snapshot = {
      host: aHost('one').info,
      boot: 'b',
      sequence: 1,
      at: '2020-01-01T00:00:00Z',
      tasks: [],
      strays: [],
    }
    await redis.client.hset(SNAPSHOTS, 'one', JSON.stringify(snapshot))
    await fleet.start()
    expect(stateOf('one')).toBe('stale')
  })
})
