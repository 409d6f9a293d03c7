import { afterEach, describe, expect, it } from 'vitest'
import { SetpointError } from '../../../../schemas/error.ts'
import type { Task } from '../../../../schemas/task.ts'
import { aHost, anAgent, aTask, removeTemporary } from '../parts.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  removeTemporary()
})

function given(host = aHost(), state?: string) {
  const agent = anAgent(host, state)
  closing.push(() => agent.tasks.close())
  return { host, agent, ...agent }
}

const owner = (id = 'owner') => aTask({ id, service: 'vpn' })
const sharer = (changes: Partial<Pick<Task, 'slot'>> = {}) =>
  aTask({ id: 'sharer', ...changes, container: { networkMode: { service: 'vpn' } } })
const replacement = (order: 'stop-first' | 'start-first') => ({
  type: 'replace' as const,
  ...{ task: owner('next'), replaces: ['owner'], order, healthDeadline: 10_000 },
})

describe('a task in the network of another service', () => {
  it('joins that of the task in the same slot', async () => {
    const { host, tasks, status } = given()
    await tasks.run(owner())
    await tasks.run(sharer())
    expect(host.calls).toContain('join owner')
    expect(host.calls).not.toContain('attach sharer')
    expect(status('sharer')).toMatchObject({ state: 'running', addresses: {} })
  })

  it('waits for that to be set up, also when both come at once', async () => {
    const { host, tasks } = given()
    await Promise.all([tasks.run(owner()), tasks.run(sharer())])
    expect(host.calls.indexOf('join owner')).toBeGreaterThan(host.calls.indexOf('attach owner'))
  })

  it('is rejected, by name, while there is none', async () => {
    const { tasks } = given()
    await tasks.run(owner())
    await expect(tasks.run(sharer({ slot: 2 }))).rejects.toMatchObject({
      code: 'NETWORK_FAILED',
      message: expect.stringContaining('web/vpn.2'),
    })
  })

  it.each(['stop-first', 'start-first'] as const)('moves to the next owner (%s)', async (order) => {
    const { host, tasks, status, until } = given()
    await tasks.run(owner())
    await tasks.run(sharer())
    await tasks.replace(replacement(order))
    await until(() => status('sharer')?.run === 2 && status('sharer')?.state === 'running')
    expect(host.calls).toContain('join next')
    expect(status('sharer')?.failures).toBe(0)
    expect(status('sharer')).toMatchObject({ run: 2, renewals: 1 })
  })

  it('stays as it is while its owner is started again, and over a new agent', async () => {
    const first = given()
    await first.tasks.run(owner())
    await first.tasks.run(sharer())
    first.host.exit('owner', 1)
    await first.until(() => first.status('owner')?.run === 2 && first.status('owner')?.state === 'running')
    expect(first.status('sharer')?.run).toBe(1)
    await first.agent.tasks.close()
    first.host.forgetAgent()
    const second = given(first.host, first.agent.state)
    await second.tasks.adopt()
    expect(second.status('sharer')).toMatchObject({ state: 'running', run: 1 })
  })

  it('is tried again after its owner could not be set up', async () => {
    const { host, tasks, status, until } = given()
    host.disturb('attach owner', new SetpointError('NETWORK_FAILED', 'No bridge.'))
    await expect(tasks.run(owner())).rejects.toMatchObject({ code: 'NETWORK_FAILED' })
    const waiting = tasks.run(sharer())
    host.disturb('attach owner', undefined)
    await waiting
    await until(() => status('sharer')?.state === 'running')
    expect(host.calls).toContain('join owner')
  })
})

describe('a task in the processes or the IPC of another service', () => {
  const joining = (kind: 'pid' | 'ipc') =>
    aTask({ id: 'sharer', container: { isolation: { [kind]: { service: 'vpn' } } } })

  it('starts once that runs, also when both come at once', async () => {
    const { host, tasks } = given()
    await Promise.all([tasks.run(owner()), tasks.run(joining('pid'))])
    expect(host.calls.indexOf('create sharer')).toBeGreaterThan(host.calls.indexOf('start owner'))
  })

  it('is rejected, by name, while there is none', async () => {
    const { tasks } = given()
    await expect(tasks.run(joining('ipc'))).rejects.toMatchObject({
      code: 'RUNTIME_FAILED',
      message: expect.stringContaining('web/vpn.1'),
    })
  })

  it('is started again after its owner, also when that did not end it', async () => {
    const { host, tasks, status, until } = given()
    await tasks.run(owner())
    await tasks.run(joining('ipc'))
    host.exit('owner', 1)
    await until(() => status('sharer')?.run === 2 && status('sharer')?.state === 'running')
    expect(host.calls.lastIndexOf('create sharer')).toBeGreaterThan(host.calls.lastIndexOf('start owner'))
    expect(status('sharer')?.failures).toBe(0)
  })

  it('has not failed when it went with the processes of its owner', async () => {
    const { host, tasks, status, until } = given()
    await tasks.run(owner())
    await tasks.run(joining('pid'))
    const there = host.containers.get('owner')
    host.containers.set('owner', { status: 'stopped', pid: 0 }) // the kernel ends those who joined first
    host.exit('sharer', 137)
    if (there) host.containers.set('owner', there)
    host.exit('owner', 1)
    await until(() => status('sharer')?.run === 2 && status('sharer')?.state === 'running')
    expect(status('sharer')?.failures).toBe(0)
  })

  it('has failed when it was killed alone', async () => {
    const { host, tasks, status, until } = given()
    await tasks.run(owner())
    await tasks.run(joining('pid'))
    host.exit('sharer', 137)
    await until(() => status('sharer')?.failures === 1)
  })
})
