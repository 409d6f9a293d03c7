import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ResolvedImage } from '../../agent/image/images.ts'
import type { Exit, Runtime } from '../../agent/runtime/runtime.ts'
import { aContainerOn, exitOf, running } from '../support/oci-host.ts'

export interface Subject {
  runtime: Runtime
  image: ResolvedImage
  close(): Promise<unknown>
}

/** What every Runtime does, real or fake. */
export function runtimeContract(name: string, open: () => Promise<Subject>): void {
  describe(`${name}: the contract of a runtime`, () => {
    let subject: Subject
    let runtime: Runtime
    beforeAll(async () => {
      subject = await open()
      runtime = subject.runtime
    })
    afterAll(() => subject.close())

    it('makes a container that waits, starts it, and finds it in its list', async () => {
      const { pid } = await runtime.create(await aContainerOn(subject, 'life'))
      expect(await runtime.state('life')).toEqual({ status: 'created', pid })
      await runtime.start('life')
      expect(await runtime.state('life')).toEqual({ status: 'running', pid })
      expect(await runtime.list()).toContainEqual({ id: 'life', pid })
    })

    it('is holding a container that runs, and has traces of it until it is purged', async () => {
      await running(subject, 'held')
      expect(await runtime.isHeld('held')).toBe(true)
      await runtime.delete('held')
      expect(await runtime.traces()).toContain('held')
      await runtime.purge('held')
      expect(await runtime.isHeld('held')).toBe(false)
      expect(await runtime.traces()).not.toContain('held')
    })

    it('does what is done already once more without harm', async () => {
      const pid = await running(subject, 'twice')
      expect(await runtime.create(await aContainerOn(subject, 'twice'))).toEqual({ pid })
      await runtime.start('twice')
      expect(await runtime.state('twice')).toEqual({ status: 'running', pid })
      await runtime.delete('twice')
      await runtime.delete('twice')
      await runtime.purge('twice')
      await runtime.purge('twice')
      expect(await runtime.state('twice')).toBeUndefined()
    })

    it('knows nothing of a container that is not there, and takes no harm from being asked', async () => {
      await runtime.kill('nobody', 'SIGTERM')
      await runtime.delete('nobody')
      expect(await runtime.state('nobody')).toBeUndefined()
      expect(await runtime.exitOf('nobody')).toBeUndefined()
      expect(await runtime.limits('nobody')).toBeUndefined()
      expect(await runtime.logs('nobody', 10)).toEqual([])
    })

    it.each([0, 3])('tells of a container that ends by itself with %i', async (exitCode) => {
      const ended = exitOf(runtime, `ends-${exitCode}`)
      await running(subject, `ends-${exitCode}`, { spec: { command: ['sh', '-c', `exit ${exitCode}`] } })
      const exit = await ended
      expect(exit).toMatchObject({ exitCode, oomKilled: false })
      expect(new Date(exit.at).toISOString()).toBe(exit.at)
      expect(await runtime.exitOf(`ends-${exitCode}`)).toEqual(exit)
      expect(await runtime.state(`ends-${exitCode}`)).toEqual({ status: 'stopped', pid: 0 })
    })

    it('tells of a container that is killed, once', async () => {
      const told: Exit[] = []
      runtime.onExit((exit) => exit.id === 'killed' && told.push(exit))
      const ended = exitOf(runtime, 'killed')
      await running(subject, 'killed')
      expect(await runtime.exitOf('killed')).toBeUndefined()
      await runtime.kill('killed', 'SIGKILL')
      expect(await ended).toMatchObject({ exitCode: 137, oomKilled: false })
      await runtime.delete('killed')
      expect(told).toHaveLength(1)
    })

    it('runs a task again under the same id, its earlier exit forgotten', async () => {
      const first = exitOf(runtime, 'again')
      const pid = await running(subject, 'again')
      await runtime.kill('again', 'SIGKILL')
      await first
      const next = await running(subject, 'again')
      expect(next).not.toBe(pid)
      expect(await runtime.state('again')).toEqual({ status: 'running', pid: next })
      expect(await runtime.exitOf('again')).toBeUndefined()
    })

    it('reads limits back and changes them while the container runs', async () => {
      const resources = { memory: 64 * 1024 * 1024, cpus: 0.5, pids: 50 }
      await running(subject, 'limited', { spec: { resources } })
      expect(await runtime.limits('limited')).toEqual(resources)
      const more = { memory: 256 * 1024 * 1024, cpus: 1.5, pids: 100 }
      await runtime.setLimits('limited', more)
      expect(await runtime.limits('limited')).toEqual(more)
      await runtime.setLimits('limited', {})
      expect(await runtime.limits('limited')).toEqual({ memory: null, cpus: null, pids: null })
    })

    it('runs a command in a container', async () => {
      await running(subject, 'probed')
      expect(await runtime.exec('probed', ['true'], { timeout: 10_000 })).toEqual({
        exitCode: 0,
        output: '',
        timedOut: false,
      })
    })

    it('answers a command in a container that has ended with a failure', async () => {
      const ended = exitOf(runtime, 'ended')
      await running(subject, 'ended', { spec: { command: ['sh', '-c', 'exit 0'] } })
      await ended
      const result = await runtime.exec('ended', ['true'], { timeout: 10_000 })
      expect(result.exitCode).not.toBe(0)
      expect(result.timedOut).toBe(false)
    })
  })
}
