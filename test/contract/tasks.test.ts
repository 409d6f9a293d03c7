import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AgentHost, aTaskAt, startAgentHost } from '../support/agent-host.ts'

let host: AgentHost
beforeAll(async () => {
  host = await startAgentHost()
  await host.start()
}, 60_000)
afterAll(() => host.destroy())

/** One host and its story, told in order: each scene begins where the one before has ended. */
describe('an agent on real parts', () => {
  it('runs tasks behind one published port', async () => {
    await host.send(aTaskAt(1), aTaskAt(2), aTaskAt(3))
    await host.until(() => [1, 2, 3].every((slot) => host.status(slot)?.state === 'running'))
    await host.until(async () => (await host.fetch())?.body === 'hello\n')
  })

  it('finds in the kernel exactly what it has set up', async () => {
    await host.until(() => [1, 2, 3].every((slot) => host.status(slot)?.found !== undefined))
    for (const slot of [1, 2, 3]) {
      const { wanted, found } = host.status(slot) ?? {}
      expect(found).toEqual(wanted)
      expect(found).toMatchObject({
        memory: 64 * 1024 * 1024,
        cpus: 0.5,
        pids: 32,
        ports: ['8080->8080/tcp'],
      })
    }
  })

  it('starts a killed container again', async () => {
    process.kill(host.status(1)?.pid ?? 0, 'SIGKILL')
    await host.until(() => host.status(1)?.run === 2 && host.status(1)?.state === 'running')
    expect(host.status(1)).toMatchObject({ exitCode: 137, failures: 1, error: { code: 'TASK_EXITED' } })
  })

  it('is killed and takes up what runs: same pids; what ended meanwhile is started again', async () => {
    const before = [1, 2, 3].map((slot) => host.status(slot)?.pid ?? 0)
    await host.stop('SIGKILL')
    process.kill(before[2] ?? 0, 'SIGKILL')
    await host.start()
    await host.until(() => [1, 2, 3].every((slot) => host.status(slot)?.state === 'running'))
    expect(host.status(1)?.pid).toBe(before[0])
    expect(host.status(2)?.pid).toBe(before[1])
    expect(host.status(3)).toMatchObject({ run: 2, exitCode: 137 })
  })

  it('replaces a task only by one that serves', async () => {
    await host.replace(2, 'bad', { HEALTH: 'fail' })
    await host.until(() => host.byId('bad')?.state === 'failed')
    expect(host.byId('bad')?.error?.code).toMatch(/HEALTH_FAILED|DEADLINE_PASSED/)
    expect(host.status(2)?.state).toBe('running')
    await host.replace(2, 'good', { MESSAGE: 'hello' })
    await host.until(() => host.status(2)?.id === 'good' && host.byId('good')?.health === 'healthy')
  })

  it('puts back what somebody has changed by hand', async () => {
    const { pid = 0, id = '' } = host.status(1) ?? {}
    await host.changeMemory(pid, id, 32 * 1024 * 1024)
    await host.until(() => host.status(1)?.found?.memory === 32 * 1024 * 1024)
    await host.repair(id, ['memory'])
    await host.until(() => host.status(1)?.found?.memory === 64 * 1024 * 1024)
    expect(host.status(1)?.pid).toBe(pid)
  })

  it('stops and leaves the containers; is taken down and leaves nothing but volumes', async () => {
    const { pid = 0 } = host.status(1) ?? {}
    await host.stop('SIGTERM')
    expect(() => process.kill(pid, 0)).not.toThrow()
    const first = await host.down()
    expect(first).toContain('removed task web/app.1')
    expect(first).not.toContain('volume')
    expect(() => process.kill(pid, 0)).toThrow()
    expect(await host.down('--volumes')).toBe('removed volume web_data\n')
    expect(await host.down('--volumes')).toBe('')
    expect(await host.leftovers()).toEqual([])
  })
})
