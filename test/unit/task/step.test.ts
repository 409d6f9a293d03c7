import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Entry, newEntry, serves } from '../../../agent/task/entry.ts'
import { next } from '../../../agent/task/next.ts'
import { type Event, step } from '../../../agent/task/step.ts'
import { isLater, restartsOf, type Task } from '../../../schemas/task.ts'
import { aHealthcheck, aTask } from './parts.ts'

const NOW = Date.parse('2026-01-01T00:00:00.000Z')
const facts = {
  ...{ running: true, argv: ['/app'], image: 'i', memory: null, cpus: null, pids: null },
  ...{ mounts: [], addresses: [], ports: ['80->80/tcp'] },
}
const prepared = {
  image: { id: 'i', reference: 'i', root: '/i', config: {} },
  rootfs: '/r',
  netns: null,
  mounts: [],
}
const preparedWith = (healthcheck: ReturnType<typeof aHealthcheck> | null): Event => ({
  type: 'prepared',
  prepared: { ...prepared, healthcheck },
  addresses: {},
})
const started: Event = { type: 'started', pid: 7, at: '2026-01-01T00:00:00.000Z', facts }
const exited = (exitCode: number, oomKilled = false): Event => ({
  type: 'exited',
  exit: { exitCode, oomKilled },
  logTail: ['last words'],
})
const error = { code: 'IMAGE_NOT_FOUND', message: 'no such image' } as const

function having(
  events: Event[],
  { task = aTask(), now = NOW, entry = newEntry(task, null, NOW) } = {},
): Entry {
  return events.reduce((each, event) => step(each, event, now), entry)
}

function running({ healthcheck = false, task = aTask() } = {}): Entry {
  const check = healthcheck ? aHealthcheck() : null
  return having([{ type: 'preparing' }, preparedWith(check), { type: 'starting' }, started], { task })
}

const replacing = (order: 'stop-first' | 'start-first') => ({ ids: ['old'], order, healthDeadline: 1_000 })

describe('the way of a task', () => {
  it('is prepared, started and then left alone', () => {
    expect(next(newEntry(aTask(), null, NOW), NOW)).toEqual({ do: 'prepare' })
    expect(next(having([{ type: 'preparing' }, preparedWith(null)]), NOW)).toEqual({ do: 'start' })
    expect(running().status).toMatchObject({ state: 'running', run: 1, pid: 7, health: 'none' })
    expect(next(running(), NOW)).toEqual({ do: 'wait' })
  })

  it('says what it waits for while it is being prepared, and not a moment longer', () => {
    const waits: Event = { type: 'waits', message: 'pulling app: 3 MB, 2 layers' }
    expect(having([{ type: 'preparing' }, waits]).status.message).toBe('pulling app: 3 MB, 2 layers')
    for (const end of [preparedWith(null), { type: 'rejected', error } as const]) {
      expect(having([{ type: 'preparing' }, waits, end, waits]).status).not.toHaveProperty('message')
    }
  })

  it('serves at once without a healthcheck, and with one when it is healthy', () => {
    expect(serves(running())).toBe(true)
    const checked = running({ healthcheck: true })
    expect(serves(checked)).toBe(false)
    expect(serves(step(checked, { type: 'health', health: 'healthy' }, NOW))).toBe(true)
  })

  it('rejects before the start and tries again as a new run once the back-off is over', () => {
    const rejected = having([{ type: 'preparing' }, { type: 'rejected', error }])
    expect(rejected.status).toMatchObject({ state: 'rejected', run: 1, error, failures: 0 })
    expect(next(rejected, NOW)).toEqual({ do: 'wait', until: NOW + 1_000 })
    expect(next(rejected, NOW + 1_000)).toEqual({ do: 'prepare' })
    const healed = having([{ type: 'preparing' }, preparedWith(null)], { entry: rejected })
    expect(healed.status).toMatchObject({ state: 'ready', run: 2 })
    expect(healed.status.error).toBeUndefined()
  })

  it('counts a run that failed and keeps why, over the restart too', () => {
    const failed = step(running(), exited(3), NOW)
    expect(failed.status).toMatchObject({
      state: 'failed',
      failures: 1,
      exitCode: 3,
      logTail: ['last words'],
    })
    expect(failed.status.error?.message).toBe('web/app.1 exited with code 3.')
    expect(next(failed, NOW)).toEqual({ do: 'start' })
    const again = having([{ type: 'starting' }, started], { entry: failed })
    expect(again.status).toMatchObject({ state: 'running', run: 2, failures: 1, exitCode: 3 })
    expect(again.status.restartAt).toBeUndefined()
  })

  it('shows of a run that ended well nothing of the one that failed before', () => {
    const restarted = having([exited(137, true), { type: 'starting' }, started], { entry: running() })
    expect(restarted.status).toMatchObject({
      signal: 'SIGKILL',
      oomKilled: true,
      error: { code: 'TASK_EXITED' },
    })
    const done = step(restarted, exited(0), NOW)
    expect(done.status).toMatchObject({ state: 'complete', run: 2, failures: 1, exitCode: 0 })
    for (const key of ['error', 'signal', 'oomKilled', 'logTail']) expect(done.status).not.toHaveProperty(key)
  })

  it('shows of a process that ended by itself no probe that failed with its end', () => {
    const probe = (exitCode: number, output: string, before: number) => ({
      ...{ exitCode, output },
      at: new Date(NOW - before).toISOString(),
    })
    const [slow, good, cut] = [probe(1, 'slow', 5_000), probe(0, '', 10), probe(255, 'setns mnt: x', 5)]
    const probes = [slow, good, cut]
    const seen = step(running({ healthcheck: true }), { type: 'health', health: 'starting', probes }, NOW)
    expect(step(seen, exited(137, true), NOW).status.probes).toEqual([slow, good])
    const asked = step(seen, { type: 'stopping', why: 'unhealthy' }, NOW)
    expect(step(asked, exited(137), NOW).status.probes).toEqual(probes)
  })

  it('shows of a run that failed nothing of how the one before did', () => {
    const restarted = having([exited(137, true), { type: 'starting' }, started], { entry: running() })
    const { status } = step(restarted, exited(3), NOW)
    expect(status).toMatchObject({ exitCode: 3, error: { message: 'web/app.1 exited with code 3.' } })
    for (const key of ['signal', 'oomKilled']) expect(status).not.toHaveProperty(key)
  })

  it('forgets why it was given up, or could not be removed, when it is begun anew', () => {
    const givenUp = step({ ...running(), replaces: replacing('start-first') }, exited(1), NOW)
    const wanted: Event = { type: 'wanted', replaces: null }
    const stuck = having([{ type: 'removeWanted' }, { type: 'removalFailed', error }], {
      entry: running(),
    })
    for (const entry of [givenUp, stuck]) {
      expect(entry.status).toHaveProperty('error')
      const again = having([wanted, { type: 'preparing' }, preparedWith(null)], { entry })
      expect(again.status).not.toHaveProperty('error')
    }
    expect(step(givenUp, wanted, NOW).status).toMatchObject({ exitCode: 1, logTail: ['last words'] })
  })

  it('tells that memory ran out, with the limit', () => {
    const task = aTask({ container: { resources: { memory: 1024 } } })
    const { status } = step(running({ task }), exited(137, true), NOW)
    expect(status.error?.message).toBe('web/app.1 was killed for lack of memory (its limit is 1024 bytes).')
  })

  it('backs off while runs are short and begins anew after a long one', () => {
    let entry = running()
    const waits: number[] = []
    for (const lasted of [1, 1, 1, 10_000, 1]) {
      const now = NOW + lasted
      entry = step(entry, exited(1), now)
      waits.push(Date.parse(entry.status.restartAt ?? '') - now)
      entry = having([{ type: 'starting' }, started], { entry })
    }
    expect(waits).toEqual([0, 100, 200, 0, 100])
  })

  it('backs off while starts fail, however long the run before them lasted', () => {
    let now = NOW + 60_000
    let entry = step(running(), exited(1), now)
    const waits: number[] = []
    for (let start = 0; start < 3; start += 1) {
      now += 60_000
      const events: Event[] = [{ type: 'starting' }, { type: 'startFailed', error, logTail: [] }]
      entry = having(events, { entry, now })
      expect(entry.status.startedAt).toBeUndefined()
      waits.push(Date.parse(entry.status.restartAt ?? '') - now)
    }
    expect(waits).toEqual([100, 200, 400])
  })

  it('does not wait for a time to come again when the clock is set back', () => {
    const policy = { restart: { condition: 'any', delay: 5_000 }, stopGracePeriod: 10_000 } as const
    const task = aTask({ container: policy })
    const waiting = [
      { entry: step(running({ task }), exited(1), NOW), effect: 'start' },
      { entry: having([{ type: 'preparing' }, { type: 'rejected', error }]), effect: 'prepare' },
      {
        entry: having([{ type: 'stopping', why: 'repair' }, { type: 'signalled' }], {
          entry: running({ task }),
        }),
        effect: 'kill',
      },
      {
        entry: having([{ type: 'removeWanted' }, { type: 'removalFailed', error }], {
          entry: newEntry(task, null, NOW),
        }),
        effect: 'remove',
      },
    ]
    for (const { entry, effect } of waiting) {
      expect(next(entry, NOW)).toMatchObject({ do: 'wait' })
      expect(next(entry, NOW - 500)).toMatchObject({ do: 'wait' })
      expect(next(entry, NOW - 3_600_000)).toEqual({ do: effect })
    }
  })

  it('restarts a task that ended well only with condition any', () => {
    const task = aTask({ container: { restart: { condition: 'on-failure' } } })
    const done = step(running({ task }), exited(0), NOW)
    expect(done.status).toMatchObject({ state: 'complete', failures: 0 })
    expect(next(done, NOW + 1e9)).toEqual({ do: 'wait' })
    expect(next(step(running(), exited(0), NOW), NOW)).toEqual({ do: 'start' })
  })

  it('stops trying after maxAttempts restarts', () => {
    const task = aTask({ container: { restart: { condition: 'any', maxAttempts: 2, delay: 0 } } })
    let entry = running({ task })
    const restarted = [1, 2, 3].map(() => {
      entry = step(entry, exited(1), NOW)
      const again = next(entry, NOW).do === 'start'
      entry = again ? having([{ type: 'starting' }, started], { entry }) : entry
      return again
    })
    expect(restarted).toEqual([true, true, false])
  })

  it('prepares everything again when the start itself failed', () => {
    const failed = having([{ type: 'preparing' }, preparedWith(null), { type: 'starting' }])
    const entry = step(failed, { type: 'startFailed', error, logTail: [] }, NOW)
    expect(entry.status).toMatchObject({ state: 'failed', failures: 1, error })
    expect(next(entry, NOW)).toEqual({ do: 'prepare' })
  })
})

describe('stopping', () => {
  it('asks an unhealthy task to stop, then kills it, and counts it as failed with what the probe said', () => {
    const probe = { exitCode: 1, output: 'connection refused\n', at: '2026-01-01T00:00:00.000Z' }
    const sick = step(
      running({ healthcheck: true }),
      { type: 'health', health: 'unhealthy', probes: [probe] },
      NOW,
    )
    expect(serves(sick)).toBe(false)
    expect(next(sick, NOW)).toEqual({ do: 'stop', why: 'unhealthy' })
    const told = having([{ type: 'stopping', why: 'unhealthy' }, { type: 'signalled' }], { entry: sick })
    expect(next(told, NOW)).toEqual({ do: 'wait', until: NOW + 1_000 })
    expect(next(told, NOW + 1_000)).toEqual({ do: 'kill' })
    const { status } = step(told, exited(0), NOW)
    expect(status).toMatchObject({ state: 'failed', failures: 1, probes: [probe] })
    expect(status.error).toEqual({
      code: 'HEALTH_FAILED',
      message: 'web/app.1 is unhealthy: its last probe ended with code 1: connection refused',
    })
  })

  it('removes a running task only after it has ended, and one that is not running at once', () => {
    const unwanted = step(running(), { type: 'removeWanted' }, NOW)
    expect(next(unwanted, NOW)).toEqual({ do: 'stop', why: 'removed' })
    const ended = having([{ type: 'stopping', why: 'removed' }, { type: 'signalled' }, exited(143)], {
      entry: unwanted,
    })
    expect(ended.status).toMatchObject({ state: 'removed', failures: 0 })
    expect(next(ended, NOW)).toEqual({ do: 'remove' })
    expect(next(having([{ type: 'removeWanted' }]), NOW)).toEqual({ do: 'remove' })
  })

  it('tries a removal that failed again, later', () => {
    const entry = having([{ type: 'removeWanted' }, { type: 'removalFailed', error }])
    expect(next(entry, NOW)).toEqual({ do: 'wait', until: NOW + 1_000 })
    expect(next(entry, NOW + 1_000)).toEqual({ do: 'remove' })
  })

  it('starts a repaired task as a new run that is no failure', () => {
    const entry = having([{ type: 'repairWanted' }, { type: 'stopping', why: 'repair' }, exited(143)], {
      entry: running(),
    })
    expect(entry.status).toMatchObject({ state: 'assigned', run: 2, failures: 0 })
    expect(entry.status).not.toHaveProperty('error')
    expect(next(entry, NOW)).toEqual({ do: 'prepare' })
  })

  it('counts no restart when the agent itself began the run, and no attempt of the policy', () => {
    const task = aTask({ container: { restart: { condition: 'any', maxAttempts: 1 } } })
    const repair: Event[] = [{ type: 'repairWanted' }, exited(143)]
    const again: Event[] = [{ type: 'preparing' }, preparedWith(null), { type: 'starting' }, started]
    const twice = having([...repair, ...again, ...repair, ...again], { entry: running({ task }) })
    expect(twice.status).toMatchObject({ state: 'running', run: 3 })
    expect(restartsOf(twice.status)).toBe(0)
    const rebooted = having([{ type: 'gone' }, ...again], { entry: twice })
    expect(restartsOf(rebooted.status)).toBe(0)
    const crashed = having([exited(1), { type: 'starting' }, started], { entry: rebooted })
    expect(crashed.status).toMatchObject({ state: 'running', run: 5, failures: 1 })
    expect(restartsOf(crashed.status)).toBe(1)
  })
})

describe('taking the place of another task', () => {
  it('with a fixed address waits for room before anything is prepared', () => {
    const networks = [{ network: 'net', aliases: [], ipv4: '10.0.0.5' }]
    const entry = newEntry(aTask({ container: { networks } }), replacing('stop-first'), NOW)
    expect(next(entry, NOW)).toEqual({ do: 'makeRoom', ids: ['old'] })
    expect(next(step(entry, { type: 'roomMade' }, NOW), NOW)).toEqual({ do: 'prepare' })
  })

  it('stop-first: is ready before the other is touched, and starts once there is room', () => {
    const entry = newEntry(aTask(), replacing('stop-first'), NOW)
    expect(next(entry, NOW)).toEqual({ do: 'prepare' })
    const ready = having([{ type: 'preparing' }, preparedWith(null)], { entry })
    expect(next(ready, NOW)).toEqual({ do: 'makeRoom', ids: ['old'] })
    expect(next(step(ready, { type: 'roomMade' }, NOW), NOW)).toEqual({ do: 'start' })
  })

  it('start-first: lets the other go only once it serves itself', () => {
    const entry = { ...running({ healthcheck: true }), replaces: replacing('start-first') }
    expect(next(entry, NOW)).toEqual({ do: 'wait', until: NOW + 1_000 })
    const healthy = step(entry, { type: 'health', health: 'healthy' }, NOW)
    expect(next(healthy, NOW)).toEqual({ do: 'makeRoom', ids: ['old'] })
  })

  it('start-first: is given up when it is late, and stays to be seen', () => {
    const entry = { ...running({ healthcheck: true }), replaces: replacing('start-first') }
    expect(next(entry, NOW + 1_000)).toEqual({ do: 'stop', why: 'late' })
    const ended = having([{ type: 'stopping', why: 'late' }, { type: 'signalled' }, exited(0)], { entry })
    expect(ended.wanted).toBe('ended')
    expect(ended.status).toMatchObject({ state: 'failed', error: { code: 'DEADLINE_PASSED' } })
    expect(next(ended, NOW + 1e9)).toEqual({ do: 'wait' })
  })

  it.each([-3_600_000, 0, 3_600_000])(
    'start-first: is late by how long it has run, the clock set by %i ms',
    (by) => {
      const entry = { ...running({ healthcheck: true }), replaces: replacing('start-first') }
      const now = NOW + 400 + by
      expect(next(entry, now, 400)).toEqual({ do: 'wait', until: now + 600 })
      expect(next(entry, now + 600, 1_000)).toEqual({ do: 'stop', why: 'late' })
    },
  )

  it('start-first: is given up when its first run fails, whatever its restart policy', () => {
    const ended = step({ ...running(), replaces: replacing('start-first') }, exited(1), NOW)
    expect(ended).toMatchObject({ wanted: 'ended', status: { state: 'failed' } })
    expect(ended.status.restartAt).toBeUndefined()
  })

  it('is started anew when it is wanted again after it was given up', () => {
    const ended = step({ ...running(), replaces: replacing('start-first') }, exited(1), NOW)
    const again = step(ended, { type: 'wanted', replaces: null }, NOW)
    expect(again.status).toMatchObject({ state: 'assigned', run: 2 })
    expect(next(again, NOW)).toEqual({ do: 'prepare' })
  })
})

describe('whatever happens', () => {
  const tasks: Task[] = [
    aTask(),
    aTask({ container: { restart: { condition: 'on-failure', maxAttempts: 2 } } }),
  ]
  const events: fc.Arbitrary<Event> = fc.oneof(
    fc.constantFrom<Event>(
      { type: 'wanted', replaces: null },
      { type: 'wanted', replaces: replacing('start-first') },
      { type: 'removeWanted' },
      { type: 'repairWanted' },
      { type: 'preparing' },
      preparedWith(null),
      preparedWith(aHealthcheck()),
      { type: 'rejected', error },
      { type: 'roomMade' },
      { type: 'starting' },
      started,
      { type: 'startFailed', error, logTail: [] },
      { type: 'stopping', why: 'unhealthy' },
      { type: 'signalled' },
      { type: 'removalFailed', error },
      { type: 'health', health: 'healthy' },
      { type: 'health', health: 'unhealthy' },
      { type: 'gone' },
    ),
    fc.integer({ min: 0, max: 255 }).map((code) => exited(code)),
  )

  /** Effects are only begun when `next` says so; what is seen may come at any time. */
  const isBegin = (event: Event) =>
    event.type === 'preparing' || event.type === 'starting' || event.type === 'stopping'
  const mayBegin = (entry: Entry, event: Event) => {
    const doing = { preparing: 'prepare', starting: 'start', stopping: 'stop' }[event.type as 'preparing']
    return next(entry, Number.MAX_SAFE_INTEGER).do === doing
  }

  it('(run, state) only grows', () => {
    fc.assert(
      fc.property(fc.constantFrom(...tasks), fc.array(events, { maxLength: 60 }), (task, happened) => {
        let entry = newEntry(task, null, NOW)
        for (const event of happened) {
          if (isBegin(event) && !mayBegin(entry, event)) continue
          const before = entry
          entry = step(before, event, NOW)
          expect(isLater(before.status, entry.status)).toBe(false)
        }
      }),
    )
  })

  it('nothing starts a task that is to be removed', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 40 }), (happened) => {
        const entry = having(
          happened.filter((event) => event.type !== 'wanted'),
          { entry: step(running(), { type: 'removeWanted' }, NOW) },
        )
        expect(['stop', 'kill', 'remove', 'wait']).toContain(next(entry, NOW).do)
      }),
    )
  })
})
