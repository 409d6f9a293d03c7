import { describe, expect, it } from 'vitest'
import { watchHealth } from '../../../agent/health/monitor.ts'
import type { ExecResult } from '../../../agent/runtime/runtime.ts'
import type { HealthTimes } from '../../../schemas/healthcheck.ts'
import type { Health, Probe } from '../../../schemas/task.ts'
import { fakeClock } from './fake-clock.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const healthcheck: HealthTimes = {
  interval: 10_000,
  timeout: 3_000,
  retries: 2,
  startPeriod: 0,
  startInterval: 5_000,
}
const good: ExecResult = { exitCode: 0, output: 'ok', timedOut: false }
const bad: ExecResult = { exitCode: 1, output: 'connection refused', timedOut: false }

/** A watch whose probes answer as `answer` says at that second; never is a promise that stays open. */
function watch(
  answer: (second: number) => ExecResult | Error | 'never',
  more: { health?: Health; age?: number } = {},
) {
  const clock = fakeClock(START)
  const seen: { health: Health; probe: Probe }[] = []
  const calls: { second: number }[] = []
  let open = 0
  let most = 0
  const watching = watchHealth({
    healthcheck,
    startedAt: new Date(START - (more.age ?? 0)).toISOString(),
    clock,
    ...(more.health && { health: more.health }),
    async probe() {
      const second = (clock.uptime() - START) / 1000
      calls.push({ second })
      most = Math.max(most, ++open)
      const result = answer(second)
      if (result === 'never') return new Promise(() => {})
      await Promise.resolve()
      open -= 1
      if (result instanceof Error) throw result
      return result
    },
    onChange: (health, probes) => seen.push({ health, probe: probes.at(-1) as Probe }),
  })
  return { clock, seen, calls, most: () => most, stop: watching.stop }
}

describe('watchHealth', () => {
  it('probes at once', async () => {
    const { clock, calls, seen } = watch(() => good)
    await clock.advance(0)
    expect(calls).toEqual([{ second: 0 }])
    expect(seen).toEqual([
      { health: 'healthy', probe: { exitCode: 0, output: 'ok', at: '2026-01-01T00:00:00.000Z' } },
    ])
  })

  it('finds out early that a task has become well', async () => {
    const { clock, seen } = watch((second) => (second < 0.5 ? bad : good))
    await clock.advance(1_000)
    expect(seen.map(({ health }) => health)).toEqual(['starting', 'healthy'])
  })

  it('goes on at the interval once healthy, and tells no more while nothing changes', async () => {
    const { clock, calls, seen } = watch(() => good)
    await clock.advance(30_000)
    expect(calls.map(({ second }) => second)).toEqual([0, 10, 20, 30])
    expect(seen).toHaveLength(1)
  })

  it('makes a task unhealthy after retries regular failures and healthy again after one success', async () => {
    const { clock, seen } = watch((second) => (second < 25 ? bad : good))
    await clock.advance(30_000)
    expect(seen.map(({ health }) => health)).toEqual(['starting', 'unhealthy', 'healthy'])
    expect(seen[1]?.probe.at).toBe('2026-01-01T00:00:20.000Z')
  })

  it.each([-3_600_000, 3_600_000])('takes no notice when the clock is set by %i ms', async (by) => {
    const { clock, calls, seen } = watch(() => bad)
    clock.set(by)
    await clock.advance(9_999)
    const early = calls.length
    expect(early).toBeGreaterThan(5)
    await clock.advance(10_001)
    expect(seen.map(({ health }) => health)).toEqual(['starting', 'unhealthy'])
    expect(calls.slice(early).map(({ second }) => second)).toEqual([10, 20])
  })

  it('tells of a failing probe that says something new', async () => {
    const { clock, seen } = watch((second) => (second < 5 ? bad : { ...bad, output: 'no such table' }))
    await clock.advance(9_000)
    expect(seen.map(({ probe }) => probe.output)).toEqual(['connection refused', 'no such table'])
    expect(seen.map(({ health }) => health)).toEqual(['starting', 'starting'])
  })

  it('counts a probe that timed out as a failure', async () => {
    const { clock, seen } = watch((second) =>
      second === 0 ? good : { exitCode: 137, output: 'tick', timedOut: true },
    )
    await clock.advance(20_000)
    expect(seen.at(-1)).toMatchObject({
      health: 'unhealthy',
      probe: { exitCode: -1, output: 'Health check exceeded timeout (3000 ms): tick' },
    })
  })

  it('counts a probe that could not be run as a failure', async () => {
    const { clock, seen } = watch((second) => (second === 0 ? good : new Error('no such container')))
    await clock.advance(20_000)
    expect(seen.at(-1)).toMatchObject({
      health: 'unhealthy',
      probe: { exitCode: -1, output: 'The probe could not be run: no such container' },
    })
  })

  it('never has two probes at a time, and counts one that hangs at each turn', async () => {
    const { clock, seen, calls, most } = watch((second) => (second === 0 ? good : 'never'))
    await clock.advance(60_000)
    expect(calls).toHaveLength(2)
    expect(most()).toBe(1)
    expect(seen.map(({ health }) => health)).toEqual(['healthy', 'healthy', 'unhealthy'])
  })

  it('keeps 4096 bytes of the output and cuts no character in half', async () => {
    const { clock, seen } = watch(() => ({ ...bad, output: `x${'é'.repeat(5_000)}` }))
    await clock.advance(0)
    const output = seen[0]?.probe.output ?? ''
    expect(Buffer.byteLength(output)).toBe(4095)
    expect(output.endsWith('é')).toBe(true)
  })

  it('leaves an adopted task healthy until retries probes have failed', async () => {
    const { clock, seen } = watch(() => bad, { health: 'healthy', age: 3_600_000 })
    await clock.advance(10_000)
    expect(seen.map(({ health }) => health)).toEqual(['healthy', 'unhealthy'])
  })

  it('does nothing more once stopped, not even with a probe under way', async () => {
    const { clock, calls, seen, stop } = watch(() => good)
    stop()
    await clock.advance(60_000)
    expect(calls).toHaveLength(1)
    expect(seen).toEqual([])
    expect(clock.pending()).toBe(0)
  })
})
