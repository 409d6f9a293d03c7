import { describe, expect, it } from 'vitest'
import { restartDelay, retryDelay } from '../../../agent/task/restart.ts'

const ended = { failed: true, streak: 0, restarts: [], now: 100_000 }

describe('restart policy', () => {
  it('never restarts with condition none, and with on-failure only what failed', () => {
    expect(restartDelay({ condition: 'none' }, ended)).toBeUndefined()
    expect(restartDelay({ condition: 'on-failure' }, { ...ended, failed: false })).toBeUndefined()
    expect(restartDelay({ condition: 'on-failure' }, ended)).toBe(0)
    expect(restartDelay({ condition: 'any' }, { ...ended, failed: false })).toBe(0)
  })

  it('restarts at once first, then backs off from 100 ms, doubling to a minute', () => {
    const delays = [0, 1, 2, 3, 10, 11, 500].map((streak) =>
      restartDelay({ condition: 'any' }, { ...ended, streak }),
    )
    expect(delays).toEqual([0, 100, 200, 400, 51_200, 60_000, 60_000])
  })

  it('keeps to a delay that is given', () => {
    expect(restartDelay({ condition: 'any', delay: 5_000 }, { ...ended, streak: 7 })).toBe(5_000)
  })

  it('counts attempts over all time, or only within the window', () => {
    const policy = { condition: 'any', maxAttempts: 2, delay: 1 } as const
    const restarts = [10_000, 99_500]
    expect(restartDelay(policy, { ...ended, restarts })).toBeUndefined()
    expect(restartDelay({ ...policy, window: 1_000 }, { ...ended, restarts })).toBe(1)
    expect(restartDelay({ ...policy, window: 95_000 }, { ...ended, restarts })).toBeUndefined()
  })

  it('tries a rejected preparation again after 1 s, doubling to a minute', () => {
    expect([1, 2, 3, 7, 100].map(retryDelay)).toEqual([1_000, 2_000, 4_000, 60_000, 60_000])
  })
})
