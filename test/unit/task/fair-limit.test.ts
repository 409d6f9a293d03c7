import { describe, expect, it } from 'vitest'
import { createFairLimit } from '../../../agent/task/fair-limit.ts'

/** Work of stacks under a limit of two, and a clock that is moved by hand. */
function aHost() {
  const timers = new Set<() => void>()
  const after = (_: number, fn: () => void) => {
    timers.add(fn)
    return () => void timers.delete(fn)
  }
  const limitOf = createFairLimit({ size: 2, patience: 1_000, clock: { after } })
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const ended: Promise<void>[] = []

  return {
    begun,
    ended,
    work(stack: string, name: string): void {
      const work = limitOf(stack)(async () => {
        begun.push(name)
        await new Promise<void>((end) => ends.set(name, end))
      })
      ended.push(work)
    },
    end: (name: string) => ends.get(name)?.(),
    /** The patience with all that has begun is over. */
    late() {
      for (const fn of timers) fn()
    },
  }
}

const soon = () => new Promise((resolve) => setImmediate(resolve))

describe('the limit of spawning work', () => {
  it('lets so much run at once, in the order of asking', async () => {
    const host = aHost()
    for (const name of ['1', '2', '3', '4']) host.work('web', name)
    await soon()
    expect(host.begun).toEqual(['1', '2'])
    host.end('2')
    await soon()
    expect(host.begun).toEqual(['1', '2', '3'])
    for (const name of ['1', '3']) host.end(name)
    await soon()
    host.end('4')
    await Promise.all(host.ended)
    expect(host.begun).toEqual(['1', '2', '3', '4'])
  })

  it('counts what waits for somebody else only for a while', async () => {
    const host = aHost()
    for (const name of ['1', '2', '3', '4', '5']) host.work('web', name)
    await soon()
    host.late()
    await soon()
    expect(host.begun).toEqual(['1', '2', '3', '4'])
    for (const name of ['1', '2']) host.end(name)
    await soon()
    expect(host.begun).toEqual(['1', '2', '3', '4'])
    host.end('3')
    await soon()
    expect(host.begun).toEqual(['1', '2', '3', '4', '5'])
  })

  it('lets the stack go first that has the least under way', async () => {
    const host = aHost()
    for (const name of ['1', '2', '3', '4']) host.work('bad', name)
    host.work('web', 'good')
    await soon()
    host.end('1')
    await soon()
    expect(host.begun).toEqual(['1', '2', 'good'])
    host.end('good')
    await soon()
    expect(host.begun).toEqual(['1', '2', 'good', '3'])
  })

  it('goes on after a failure', async () => {
    const limit = createFairLimit({ size: 1, patience: 1, clock: { after: () => () => {} } })('web')
    await expect(limit(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(limit(async () => 'yes')).resolves.toBe('yes')
  })
})
