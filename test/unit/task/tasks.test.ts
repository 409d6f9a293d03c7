import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '../../../agent/clock.ts'
import type { ActionOf } from '../../../schemas/action.ts'
import { SetpointError } from '../../../schemas/error.ts'
import type { Task } from '../../../schemas/task.ts'
import { aHealthcheck, aHost, anAgent, aTask, removeTemporary } from './parts.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  removeTemporary()
})

function given(host = aHost(), state?: string, clock?: Clock) {
  const agent = anAgent(host, state, clock)
  closing.push(() => agent.tasks.close())
  return { host, agent, ...agent }
}

/** The agent is killed; another one takes up its state folder. */
async function nextLife({ host, agent }: ReturnType<typeof given>) {
  await agent.tasks.close()
  host.forgetAgent()
  host.calls.length = 0
  return given(host, agent.state)
}

const checked = (changes: Partial<Task> = {}) =>
  aTask({ ...changes, container: { healthcheck: aHealthcheck() } })
const replace = (task: Task, order: ActionOf<'replace'>['order'], healthDeadline = 10_000) => ({
  type: 'replace' as const,
  ...{ task, replaces: ['old'], order, healthDeadline },
})
const old = () => aTask({ id: 'old' })
const noImage = () => new SetpointError('IMAGE_NOT_FOUND', 'There is no image localhost/app:1.')
const isRunning =
  (agent: ReturnType<typeof given>, id = 't1') =>
  () =>
    agent.status(id)?.state === 'running'

describe('run', () => {
  it('prepares, starts and publishes a task', async () => {
    const { host, tasks, status, until } = given()
    await tasks.run(aTask())
    expect(status('t1')).toMatchObject({
      state: 'running',
      run: 1,
      pid: 101,
      addresses: { web_default: '10.0.0.2' },
    })
    await until(() => host.published.at(-1)?.includes('t1') ?? false)
  })

  it('is told twice and done once', async () => {
    const { host, tasks } = given()
    await Promise.all([tasks.run(aTask()), tasks.run(aTask())])
    await tasks.run(aTask())
    expect(host.calls.filter((call) => call === 'create t1')).toHaveLength(1)
  })

  it('says why a task was rejected, and starts it once the cause is gone', async () => {
    const { host, tasks, status, until } = given()
    host.disturb('resolve localhost/app:1', noImage())
    await expect(tasks.run(aTask())).rejects.toThrow('There is no image localhost/app:1.')
    expect(status('t1')).toMatchObject({ state: 'rejected', error: { code: 'IMAGE_NOT_FOUND' } })
    expect(host.calls).not.toContain('create t1')
    host.disturb('resolve localhost/app:1', undefined)
    await until(() => status('t1')?.state === 'running')
    expect(status('t1')?.run).toBe(2)
  })

  it('starts a task although all others wait and never end', async () => {
    const { host, tasks, status, until } = given()
    const others = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => aTask({ id, service: id }))
    for (const { id } of others) host.disturb(`create ${id}`, () => new Promise(() => {}))
    for (const task of others) void tasks.run(task)
    await until(() => others.every(({ id }) => status(id)?.state === 'starting'))
    await tasks.run({ ...aTask(), stack: 'shop' })
  })

  it('tells of a full disk as such', async () => {
    const { host, tasks } = given()
    host.disturb('mountRoot t1', new Error('mount: no space left on device'))
    await expect(tasks.run(aTask())).rejects.toMatchObject({ code: 'DISK_FULL' })
  })

  it('publishes a task with a healthcheck only once it is healthy', async () => {
    const { host, tasks, health, until } = given()
    await tasks.run(checked())
    expect(host.published.flat()).not.toContain('t1')
    health('healthy')
    await until(() => host.published.at(-1)?.includes('t1') ?? false)
  })

  it('tells of a task whose port cannot be published, until it can', async () => {
    const { host, tasks, status, until } = given()
    const ports = [{ target: 80, published: 8080, protocol: 'tcp' as const }]
    await tasks.run(aTask({ id: 'before', container: { ports } }))
    await tasks.published()
    const refused = new SetpointError('NETWORK_FAILED', 'nftables refused the rules.')
    for (const ids of ['before,t1', 'before,quiet,t1']) host.disturb(`publish ${ids}`, refused)
    await tasks.run(aTask({ container: { ports } }))
    await tasks.run(aTask({ id: 'quiet' }))
    await until(() => status('t1')?.error !== undefined)
    expect(status('t1')).toMatchObject({ health: 'unhealthy', error: { code: 'NETWORK_FAILED' } })
    for (const id of ['before', 'quiet']) expect(status(id)).toMatchObject({ health: 'none' })
    host.disturb('publish before,quiet,t1', undefined)
    await until(() => status('t1')?.error === undefined)
    expect(status('t1')).toMatchObject({ state: 'running', run: 1, health: 'none' })
  })

  it('starts a task anew that was removed before', async () => {
    const { tasks, status } = given()
    await tasks.run(aTask())
    await tasks.remove('t1')
    expect(status('t1')).toBeUndefined()
    await tasks.run(aTask())
    expect(status('t1')?.state).toBe('running')
  })

  it('starts twenty at once without one waiting for the slow image of another', async () => {
    const { host, tasks } = given()
    const pull = Promise.withResolvers<void>()
    host.disturb('resolve slow', () => pull.promise)
    const slow = tasks.run(
      aTask({ id: 'slow', container: { image: { reference: 'slow', pull: 'missing' } } }),
    )
    await Promise.all(Array.from({ length: 20 }, (_, n) => tasks.run(aTask({ id: `t${n}`, slot: n + 1 }))))
    expect(tasks.list().filter(({ state }) => state === 'running')).toHaveLength(20)
    pull.resolve()
    await slow
  })
})

describe('restart', () => {
  it('starts a killed container again at once, in its own network and root', async () => {
    const { host, tasks, status, until } = given()
    await tasks.run(aTask())
    host.calls.length = 0
    host.exit('t1', 137)
    await until(() => status('t1')?.run === 2 && status('t1')?.state === 'running')
    expect(host.calls.filter((call) => !call.startsWith('publish'))).toEqual([
      'delete t1',
      'create t1',
      'start t1',
    ])
    expect(status('t1')).toMatchObject({ failures: 1, exitCode: 137, logTail: ['t1 said goodbye'] })
  })

  it('does not take the late end of the run before for one of the present', async () => {
    const { host, status, tasks, until } = given()
    await tasks.run(aTask())
    const late = { id: 't1', exitCode: 137, oomKilled: false, at: new Date(Date.now() - 1_000).toISOString() }
    host.disturb('create t1', async () => host.tell(late))
    host.exit('t1', 1)
    await until(() => status('t1')?.run === 2 && status('t1')?.state === 'running')
    expect(status('t1')).toMatchObject({ failures: 1, exitCode: 1 })
  })

  it('sees the end of a process that ends while it is being started', async () => {
    const { host, status, tasks, until } = given()
    host.disturb('start t1', async () => host.exit('t1', 3))
    void tasks.run(aTask({ container: { restart: { condition: 'none' } } })).catch(() => {})
    await until(() => status('t1')?.state === 'failed')
    expect(status('t1')).toMatchObject({ run: 1, failures: 1, exitCode: 3 })
  })

  it('looks for itself when it is told that a process has vanished', async () => {
    const { host, status, tasks, until } = given()
    await tasks.run(aTask())
    await tasks.vanished('t1')
    expect(status('t1')).toMatchObject({ run: 1, state: 'running' })
    host.containers.set('t1', { status: 'stopped', pid: 0 })
    await tasks.vanished('t1')
    await until(() => status('t1')?.run === 2 && status('t1')?.state === 'running')
    expect(status('t1')).toMatchObject({ exitCode: 137 })
  })

  it('stops a task that nobody holds any more, sees its end for itself, and starts it again', async () => {
    const { host, status, tasks, until } = given()
    await tasks.run(aTask())
    await tasks.unheld('t1')
    expect(status('t1')).toMatchObject({ run: 1, state: 'running' })
    host.unheld.add('t1')
    host.disturb('kill t1 SIGTERM', async () => void host.containers.set('t1', { status: 'stopped', pid: 0 }))
    await tasks.unheld('t1')
    await until(() => status('t1')?.run === 2 && status('t1')?.state === 'running')
    expect(host.calls).toContain('kill t1 SIGTERM')
    expect(status('t1')).toMatchObject({ failures: 0 })
  })

  it('stops an unhealthy task, without traffic, and starts it again', async () => {
    const { host, tasks, status, health, until } = given()
    await tasks.run(checked())
    health('healthy')
    await until(() => host.published.at(-1)?.includes('t1') ?? false)
    host.calls.length = 0
    health('unhealthy', { exitCode: 1, output: 'no', at: '2026-01-01T00:00:00.000Z' })
    await until(() => status('t1')?.run === 2 && status('t1')?.state === 'running')
    expect(host.calls.slice(0, 2)).toEqual(['publish ', 'kill t1 SIGTERM'])
    expect(status('t1')).toMatchObject({ health: 'starting', error: { code: 'HEALTH_FAILED' } })
  })
})

describe('replace', () => {
  it('stop-first: leaves the old task alone when the new one cannot be prepared', async () => {
    const { host, tasks, status } = given()
    await tasks.run(old())
    host.calls.length = 0
    host.disturb('attach t1', new SetpointError('PORT_IN_USE', 'Port 80/tcp is held by nginx.'))
    await expect(tasks.replace(replace(aTask(), 'stop-first'))).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    expect(status('old')?.state).toBe('running')
    expect(host.calls.join()).not.toContain('old')
  })

  it('stop-first: prepares, stops the old one, then starts', async () => {
    const { host, tasks, status } = given()
    await tasks.run(old())
    await tasks.replace(replace(aTask(), 'stop-first'))
    expect(status('old')).toBeUndefined()
    const order = ['mountRoot t1', 'kill old SIGTERM', 'purge old', 'start t1'].map((call) =>
      host.calls.indexOf(call),
    )
    expect(order).toEqual([...order].sort((a, b) => a - b))
    expect(order).not.toContain(-1)
  })

  it('start-first: removes the old one once the new one serves', async () => {
    const { host, tasks, status, health, until } = given()
    await tasks.run(old())
    await tasks.replace(replace(checked(), 'start-first'))
    expect(status('old')?.state).toBe('running')
    health('healthy')
    await until(() => status('old') === undefined)
    const switched = host.calls.indexOf('publish t1')
    expect(switched).toBeGreaterThan(host.calls.indexOf('start t1'))
    expect(switched).toBeLessThan(host.calls.indexOf('kill old SIGTERM'))
  })

  it('start-first: keeps the old one while the port of the new one cannot be published', async () => {
    const { host, tasks, status, until } = given()
    await tasks.run(old())
    const refused = new SetpointError('NETWORK_FAILED', 'nftables refused the rules.')
    host.disturb('publish old,t1', refused)
    const ports = [{ target: 80, published: 8080, protocol: 'tcp' as const }]
    await tasks.replace(replace(aTask({ container: { ports } }), 'start-first'))
    await until(() => status('t1')?.health === 'unhealthy')
    expect(status('old')?.state).toBe('running')
    expect(host.calls).not.toContain('kill old SIGTERM')
    host.disturb('publish old,t1', undefined)
    await until(() => status('old') === undefined)
    expect(status('t1')).toMatchObject({ state: 'running', run: 1, health: 'none' })
  })

  it('start-first: gives up a new task that is late and keeps the old one', async () => {
    const { tasks, status, until } = given()
    await tasks.run(old())
    await tasks.replace(replace(checked(), 'start-first', 20))
    await until(() => status('t1')?.state === 'failed')
    expect(status('t1')?.error?.code).toBe('DEADLINE_PASSED')
    expect(status('old')?.state).toBe('running')
  })

  it('start-first: gives up a new task that is late although the clock is set back', async () => {
    let setBy = 0
    const clock = { ...systemClock, now: () => Date.now() + setBy }
    const { tasks, status, until } = given(aHost(), undefined, clock)
    await tasks.run(old())
    await tasks.replace(replace(checked(), 'start-first', 50))
    setBy = -3_600_000
    await until(() => status('t1')?.state === 'failed')
    expect(status('t1')).toMatchObject({ error: { code: 'DEADLINE_PASSED' } })
    expect(status('old')?.state).toBe('running')
  })

  it('start-first: gives up a new task that fails and keeps the old one', async () => {
    const { host, tasks, status, until } = given()
    await tasks.run(old())
    await tasks.replace(replace(checked(), 'start-first'))
    host.exit('t1', 1)
    await until(() => status('t1')?.state === 'failed')
    expect(status('t1')?.restartAt).toBeUndefined()
    expect(status('old')?.state).toBe('running')
  })

  it('is finished by the next life of the agent', async () => {
    const before = given()
    await before.tasks.run(old())
    await before.tasks.replace(replace(checked(), 'start-first'))
    const after = await nextLife(before)
    await after.tasks.adopt()
    expect(after.status('old')?.state).toBe('running')
    after.health('healthy')
    await after.until(() => after.status('old') === undefined)
    expect(after.status('t1')).toMatchObject({ state: 'running', run: 1 })
  })
})

describe('remove', () => {
  it('takes everything of a task away, and its journal last', async () => {
    const { host, tasks, paths } = given()
    await tasks.run(aTask())
    host.calls.length = 0
    await tasks.remove('t1')
    expect(host.calls[0]).toBe('publish ')
    expect(host.calls).toEqual(
      expect.arrayContaining(['kill t1 SIGTERM', 'delete t1', 'detach t1', 'purge t1']),
    )
    expect(readdirSync(join(paths.state, 'tasks'))).toEqual([])
    await tasks.remove('t1')
  })

  it('kills what does not heed its stop signal within the grace period', async () => {
    const { host, tasks } = given()
    await tasks.run(aTask({ container: { stopGracePeriod: 10, stopSignal: 'SIGQUIT' } }))
    host.deafen('t1')
    await tasks.remove('t1')
    expect(host.calls.filter((call) => call.startsWith('kill'))).toEqual([
      'kill t1 SIGQUIT',
      'kill t1 SIGKILL',
    ])
  })

  it('says when something could not be removed, and finishes once it can', async () => {
    const { host, tasks, status, until } = given()
    await tasks.run(aTask())
    host.disturb('purge t1', new Error('device is busy'))
    await expect(tasks.remove('t1')).rejects.toThrow('device is busy')
    host.disturb('purge t1', undefined)
    await until(() => status('t1') === undefined)
  })

  it('gives up on a pull that takes for ever', async () => {
    const { host, tasks, status } = given()
    host.disturb('resolve localhost/app:1', () => new Promise(() => {}))
    const refused = expect(tasks.run(aTask())).rejects.toThrow('was removed before it ran')
    await tasks.remove('t1')
    await refused
    expect(status('t1')).toBeUndefined()
    expect(host.calls).not.toContain('create t1')
  })
})

describe('a port that moves to another service', () => {
  const publishing = (service: string) =>
    aTask({
      ...{ id: service, service },
      container: { ports: [{ target: 80, published: 8080, protocol: 'tcp' }] },
    })

  it('is waited for until the task that leaves has given it up', async () => {
    const { host, tasks, status, until } = given()
    await tasks.run(publishing('old'))
    const letGo = Promise.withResolvers<void>()
    host.disturb('detach old', () => letGo.promise)
    const removal = tasks.remove('old')
    const start = tasks.run(publishing('new'))
    await until(() => status('new')?.message !== undefined)
    expect(status('new')).toMatchObject({
      state: 'preparing',
      message: 'waits for a port that web/old.1 gives up',
    })
    expect(host.calls).not.toContain('attach new')
    letGo.resolve()
    await Promise.all([removal, start])
    expect(status('new')?.state).toBe('running')
  })

  it('is not waited for once the task is no longer wanted', async () => {
    const { host, tasks, status, until } = given()
    await tasks.run(publishing('old'))
    host.disturb('detach old', () => new Promise(() => {}))
    void tasks.remove('old')
    const start = tasks.run(publishing('new'))
    start.catch(() => {}) // looked at below
    await until(() => status('new')?.message !== undefined)
    await tasks.remove('new')
    expect(status('new')).toBeUndefined()
    await expect(start).rejects.toThrow('Task new was removed before it ran.')
  })
})

describe('adopt', () => {
  it('takes up what runs without touching it', async () => {
    const before = given()
    await before.tasks.run(aTask())
    const after = await nextLife(before)
    await after.tasks.adopt()
    expect(after.status('t1')).toMatchObject({ state: 'running', run: 1, pid: 101 })
    expect(after.host.calls).toEqual(['publish t1'])
  })

  it('goes on waiting for the first healthy probe', async () => {
    const before = given()
    await before.tasks.run(checked())
    const after = await nextLife(before)
    await after.tasks.adopt()
    expect(after.status('t1')?.health).toBe('starting')
    expect(after.isWatching()).toBe(true)
    after.health('healthy')
    await after.until(() => after.host.published.at(-1)?.includes('t1') ?? false)
  })

  it('restarts what ended while nobody looked, and keeps its exit code', async () => {
    const before = given()
    await before.tasks.run(aTask())
    await before.tasks.close()
    before.host.forgetAgent()
    before.host.exit('t1', 9)
    const after = given(before.host, before.state)
    await after.tasks.adopt()
    await after.until(isRunning(after))
    expect(after.status('t1')).toMatchObject({ run: 2, exitCode: 9, failures: 1 })
  })

  it('says that the journal cannot be written when it restarts a task, and restarts it once it can', async () => {
    const before = given()
    await before.tasks.run(aTask())
    const after = await nextLife(before)
    await after.tasks.adopt()
    const folder = after.paths.task('t1')
    renameSync(folder, `${folder}.aside`)
    writeFileSync(folder, '') // as on a disk that is full
    after.host.exit('t1', 1)
    await after.until(() => after.status('t1')?.state === 'rejected')
    expect(after.status('t1')).toMatchObject({ run: 1, exitCode: 1, error: { code: 'DISK_FULL' } })
    expect(after.status('t1')?.restartAt).toBeDefined()
    rmSync(folder)
    renameSync(`${folder}.aside`, folder)
    await after.until(isRunning(after))
  })

  it('leaves what ended well and is not to be restarted', async () => {
    const before = given()
    await before.tasks.run(aTask({ container: { restart: { condition: 'on-failure' } } }))
    before.host.exit('t1', 0)
    await before.until(() => before.status('t1')?.state === 'complete')
    const after = await nextLife(before)
    await after.tasks.adopt()
    expect(after.status('t1')?.state).toBe('complete')
    expect(after.host.calls.join()).not.toContain('create')
  })

  it('makes everything anew after a reboot', async () => {
    const before = given()
    await before.tasks.run(aTask())
    await before.tasks.close()
    before.host.reboot()
    before.host.calls.length = 0
    const after = given(before.host, before.state)
    await after.tasks.adopt()
    await after.until(isRunning(after))
    expect(after.status('t1')).toMatchObject({ run: 2, failures: 0 })
    expect(after.host.calls).toEqual(
      expect.arrayContaining(['attach t1', 'mountRoot t1', 'create t1', 'start t1']),
    )
  })

  it('takes up a container that was started just before the agent died, although the journal does not know it yet', async () => {
    const before = given()
    await before.tasks.run(aTask())
    const after = await nextLife(before)
    const file = join(after.paths.task('t1'), 'task.json')
    const entry = JSON.parse(readFileSync(file, 'utf8'))
    entry.status.state = 'preparing'
    writeFileSync(file, JSON.stringify({ ...entry, prepared: null, facts: null }))
    await after.tasks.adopt()
    await after.until(isRunning(after))
    expect(after.status('t1')).toMatchObject({ pid: 101, run: 1 })
    expect(after.host.calls).not.toContain('create t1')
  })

  /** The next life of an agent that a later version has run before, with what this one does not know. */
  async function takenBack(container: Partial<Task['container']> = {}, state = 'running') {
    const before = given()
    await before.tasks.run(aTask({ container }))
    const after = await nextLife(before)
    const file = join(after.paths.task('t1'), 'task.json')
    const entry = JSON.parse(readFileSync(file, 'utf8'))
    entry.task.container.ofTomorrow = 'strict'
    entry.status.state = state
    writeFileSync(file, JSON.stringify(entry))
    await after.tasks.adopt()
    return after
  }

  it('leaves what a later agent has made as it is while it runs, since it could not be made again', async () => {
    const { tasks, host, status, health } = await takenBack({ healthcheck: aHealthcheck() })
    health('unhealthy')
    host.unheld.add('t1')
    await tasks.unheld('t1')
    await expect(tasks.repair('t1', ['mounts'])).rejects.toMatchObject({
      code: 'HOST_UNABLE',
      message: expect.stringContaining('web/app.1 has container/ofTomorrow, which this agent does not know'),
    })
    expect(status('t1')).toMatchObject({ state: 'running', run: 1, pid: 101, health: 'unhealthy' })
    expect(host.calls).not.toContain('kill t1 SIGTERM')
  })

  it('finds what a later agent had just started, and does not start it again', async () => {
    const after = await takenBack({}, 'preparing')
    await after.until(isRunning(after))
    expect(after.status('t1')).toMatchObject({ pid: 101, run: 1 })
    after.host.exit('t1', 1)
    await after.until(() => after.status('t1')?.state === 'rejected')
    expect(after.host.calls.filter((call) => /^(create|start|delete)/.test(call))).toEqual([])
  })

  it('does not start what a later agent has made, and says so; removing it works', async () => {
    const after = await takenBack()
    after.host.exit('t1', 1)
    await after.until(() => after.status('t1')?.state === 'rejected')
    expect(after.status('t1')).toMatchObject({
      error: { code: 'HOST_UNABLE', hint: expect.stringContaining('Upgrade setpoint-agent') },
    })
    expect(after.host.calls.filter((call) => /^(create|start|delete)/.test(call))).toEqual([])
    await after.tasks.remove('t1')
    expect(after.tasks.list()).toEqual([])
  })

  it('does not start it after a reboot either', async () => {
    const after = await takenBack()
    await after.tasks.close()
    after.host.reboot()
    const next = given(after.host, after.state)
    await next.tasks.adopt()
    await next.until(() => next.status('t1')?.state === 'rejected')
    expect(next.status('t1')?.error?.code).toBe('HOST_UNABLE')
    expect(next.host.calls).not.toContain('create t1')
  })

  it('takes away what was begun for tasks that it has no journal of, and nothing else', async () => {
    const { agent, host, tasks, status } = given()
    const folder = (id: string, file: string) => {
      mkdirSync(join(agent.paths.task(id), file, '..'), { recursive: true })
      writeFileSync(join(agent.paths.task(id), file), '')
    }
    folder('begun', 'upper')
    folder('damaged', 'task.json.damaged-1')
    folder('kept', 'volumes/data')
    for (const id of ['begun', 'gone', 'damaged', 'kept', 'stray']) host.traces.add(id)
    host.containers.set('stray', { status: 'running', pid: 7 })
    await tasks.adopt()
    const purged = host.calls.filter((call) => call.startsWith('purge')).sort()
    expect(purged).toEqual(['purge begun', 'purge gone'])
    expect(host.calls).toEqual(expect.arrayContaining(['detach begun', 'detach gone']))
    expect(readdirSync(join(agent.paths.state, 'tasks')).sort()).toEqual(['damaged', 'kept'])
    expect(status('begun')).toBeUndefined()
  })

  it('sends the stop signal that an agent was about to send when it died, before it kills', async () => {
    const before = given()
    await before.tasks.run(aTask())
    const sending = new Promise<void>((resolve) => {
      before.host.disturb('kill t1 SIGTERM', () => {
        resolve()
        return new Promise(() => {})
      })
    })
    void before.tasks.remove('t1')
    await sending
    const after = await nextLife(before)
    after.host.disturb('kill t1 SIGTERM', undefined)
    await after.tasks.adopt()
    await after.until(() => after.history.includes('t1 gone'))
    expect(after.host.calls.filter((call) => call.startsWith('kill'))).toEqual(['kill t1 SIGTERM'])
  })

  it('does not send it twice to what is ending', async () => {
    const before = given()
    await before.tasks.run(aTask())
    before.host.deafen('t1')
    void before.tasks.remove('t1')
    const journal = join(before.paths.task('t1'), 'task.json')
    await expect.poll(() => readFileSync(journal, 'utf8')).toContain('killAt')
    const after = await nextLife(before)
    await after.tasks.adopt()
    await after.until(() => after.history.includes('t1 gone'))
    expect(after.host.calls.filter((call) => call.startsWith('kill'))).toEqual(['kill t1 SIGKILL'])
  })

  it('finishes a removal that was half done', async () => {
    const before = given()
    await before.tasks.run(aTask())
    before.host.disturb('purge t1', new Error('busy'))
    await before.tasks.remove('t1').catch(() => {})
    const after = await nextLife(before)
    after.host.disturb('purge t1', undefined)
    await after.tasks.adopt()
    await after.until(() => after.status('t1') === undefined)
    expect(readdirSync(join(after.paths.state, 'tasks'))).toEqual([])
  })

  it('finds a task again that could not be looked at, and takes up the others', async () => {
    const before = given()
    await before.tasks.run(aTask())
    await before.tasks.run(aTask({ id: 't2', slot: 2 }))
    const after = await nextLife(before)
    const { state } = after.host.runtime
    after.host.runtime.state = (id) => {
      after.host.runtime.state = state
      return Promise.reject(new Error(`${id} cannot be read`))
    }
    await after.tasks.adopt()
    await after.until(() => ['t1', 't2'].every((id) => after.status(id)?.state === 'running'))
    expect(after.tasks.list().map(({ pid }) => pid)).toEqual([101, 102])
    expect(after.host.calls.join()).not.toContain('create')
  })

  it('sets a damaged journal aside and takes up the others', async () => {
    const before = given()
    await before.tasks.run(aTask())
    await before.tasks.run(aTask({ id: 't2', slot: 2 }))
    const after = await nextLife(before)
    writeFileSync(join(after.paths.task('t1'), 'task.json'), '{"version":1,"task":')
    mkdirSync(join(after.paths.state, 'tasks', 'empty'))
    await after.tasks.adopt()
    expect(after.tasks.list().map(({ id }) => id)).toEqual(['t2'])
    expect(readdirSync(after.paths.task('t1')).join()).toContain('damaged')
  })
})

describe('repair', () => {
  it('puts limits and addresses back while the process runs', async () => {
    const { host, tasks, status } = given()
    await tasks.run(aTask({ container: { resources: { pids: 7, cpuShares: 20 } } }))
    await tasks.repair('t1', ['limits', 'memory', 'addresses'])
    const calls = host.calls.filter((call) => call.startsWith('set'))
    expect(calls).toEqual(['setLimits t1 {"pids":7,"cpuShares":20}', 'setSettings t1 cpu.weight=20'])
    expect(host.calls).toContain('repair t1')
    expect(status('t1')?.run).toBe(1)
  })

  it('starts the task again for what cannot be put back in place', async () => {
    const { tasks, status } = given()
    await tasks.run(aTask())
    await tasks.repair('t1', ['mounts'])
    expect(status('t1')).toMatchObject({ state: 'running', run: 2, failures: 0 })
  })

  it('is over when the task has ended and is not to run again', async () => {
    const { host, tasks, status, until } = given()
    await tasks.run(aTask({ container: { restart: { condition: 'none' } } }))
    host.exit('t1', 0)
    await until(() => status('t1')?.state === 'complete')
    await tasks.repair('t1', ['image'])
    expect(status('t1')).toMatchObject({ run: 1, state: 'complete' })
  })

  it('is over when the task ends for another reason meanwhile', async () => {
    const { host, tasks, status, health, until } = given()
    const container = { restart: { condition: 'none' as const }, healthcheck: aHealthcheck() }
    await tasks.run(aTask({ container }))
    host.deafen('t1')
    health('unhealthy')
    await until(() => host.calls.includes('kill t1 SIGTERM'))
    const repaired = tasks.repair('t1', ['image'])
    host.exit('t1', 1)
    await repaired
    expect(status('t1')).toMatchObject({ run: 1, state: 'failed' })
  })

  it('does not restart a task for ever for what does not stay as it was set up', async () => {
    const { tasks, status } = given()
    await tasks.run(aTask())
    for (let time = 0; time < 6; time += 1) await tasks.repair('t1', ['mounts'])
    expect(status('t1')).toMatchObject({ state: 'running', run: 4 })
  })

  it('says that there is no such task', async () => {
    await expect(given().tasks.repair('t9', ['memory'])).rejects.toMatchObject({ code: 'JOB_REFUSED' })
  })
})

describe('removing all', () => {
  it('removes tasks, strays and what damaged journals left, and starts nothing', async () => {
    const before = given()
    await before.tasks.run(aTask())
    await before.tasks.run(aTask({ id: 'dead', slot: 2 }))
    await before.tasks.run(aTask({ id: 'damaged', slot: 3 }))
    const after = await nextLife(before)
    after.host.exit('dead', 1)
    writeFileSync(join(after.paths.task('damaged'), 'task.json'), 'nonsense')
    const told: string[] = []
    await after.tasks.removeAll((what) => told.push(what))
    expect(told.sort()).toEqual([
      'container damaged, which had no journal',
      'task web/app.1 (t1)',
      'task web/app.2 (dead)',
    ])
    expect(after.host.containers.size).toBe(0)
    expect(after.host.calls.join()).not.toContain('create')
    expect(readdirSync(join(after.paths.state, 'tasks'))).toEqual([])
  })
})

describe('strays', () => {
  it('removes a container that no journal knows, but never a task', async () => {
    const { host, tasks } = given()
    await tasks.run(aTask())
    await tasks.removeStray('t1')
    await tasks.removeStray('x')
    expect(host.calls).toEqual(expect.arrayContaining(['delete x', 'detach x', 'purge x']))
    expect(host.calls).not.toContain('purge t1')
  })
})
