import { describe, expect, it } from 'vitest'
import { gapBeforeNext, nextHealth, STARTING } from '../../../agent/health/step.ts'
import type { Healthcheck } from '../../../schemas/healthcheck.ts'

const spec: Healthcheck = {
  test: ['true'],
  interval: 30_000,
  timeout: 30_000,
  retries: 3,
  startPeriod: 0,
  startInterval: 5_000,
}
const withStart = { ...spec, startPeriod: 60_000 }

/** `+` is a success and `-` a failure, each with the second at which the probe began. */
function after(check: Healthcheck, history: string) {
  return history
    .split(' ')
    .filter((probe) => probe !== '')
    .reduce(
      (state, probe) =>
        nextHealth(state, { success: probe[0] === '+', began: Number(probe.slice(1)) * 1000 }, check),
      STARTING,
    )
}

describe('nextHealth', () => {
  it.each([
    ['nothing was probed', spec, '', 'starting', 0],
    ['the first probe succeeds, early', spec, '+0', 'healthy', 0],
    ['early probes fail before one interval has passed', spec, '-0 -1 -2 -5 -10 -20 -29', 'starting', 0],
    ['fewer than retries fail after that', spec, '-0 -30 -60', 'starting', 2],
    ['retries fail after that', spec, '-0 -30 -60 -90', 'unhealthy', 3],
    ['a success comes between the failures', spec, '-30 -60 +90 -120 -150', 'healthy', 2],
    ['a healthy task fails retries times', spec, '+0 -30 -60 -90', 'unhealthy', 3],
    ['a healthy task fails early, which then counts', spec, '+0 -1 -2 -3', 'unhealthy', 3],
    ['it fails all through the start period', withStart, '-0 -5 -10 -30 -55 -59', 'starting', 0],
    ['it fails on after the start period', withStart, '-59 -60 -90', 'starting', 2],
    ['it fails retries times after the start period', withStart, '-59 -60 -90 -120', 'unhealthy', 3],
    ['a success ends the start period', withStart, '+5 -10 -15 -20', 'unhealthy', 3],
    [
      'the start period is shorter than the start interval',
      { ...spec, startPeriod: 1_000 },
      '-0 -2 -4',
      'starting',
      0,
    ],
    ['an unhealthy task succeeds', spec, '-30 -60 -90 +120', 'healthy', 0],
    ['an unhealthy task fails on', spec, '-30 -60 -90 -120', 'unhealthy', 4],
    ['one failure is enough', { ...spec, retries: 1 }, '+0 -30', 'unhealthy', 1],
  ])('when %s', (_name, check, history, health, failures) => {
    expect(after(check, history)).toMatchObject({ health, failures })
  })
})

describe('gapBeforeNext', () => {
  it.each([
    ['a starting task that was just probed', spec, '-0', 0, 100],
    ['its second probe', spec, '-0 -0.1', 100, 150],
    ['its fifth probe', spec, '-0 -0 -0 -0 -0', 1_000, 506.25],
    ['the time of the first regular probe comes before', spec, '-0 -0 -0 -0 -0', 29_900, 100],
    ['the first regular probe has been', spec, '-0 -30', 30_000, 30_000],
    ['a healthy task', spec, '+0', 10, 30_000],
    ['an unhealthy task', spec, '-30 -60 -90', 90_000, 30_000],
    ['the start period, after its first regular probe', withStart, '-0 -5', 5_000, 5_000],
    ['the start period, with a shorter interval', { ...withStart, interval: 2_000 }, '-0 -5', 5_000, 2_000],
    ['the start period is over', withStart, '-0 -60', 60_000, 30_000],
    ['a healthy task in the start period', withStart, '+5', 5_000, 30_000],
    ['an interval shorter than the early gaps', { ...spec, interval: 20 }, '-0', 0, 20],
  ])('is right for %s', (_name, check, history, now, gap) => {
    expect(gapBeforeNext(after(check, history), check, now)).toBeCloseTo(gap)
  })

  it('probes about a dozen times before the first regular probe, and then exactly at it', () => {
    let state = STARTING
    let now = 0
    const times: number[] = []
    while (now <= spec.interval) {
      times.push(now)
      state = nextHealth(state, { success: false, began: now }, spec)
      now += gapBeforeNext(state, spec, now)
    }
    expect(times.at(-1)).toBe(spec.interval)
    expect(times.length).toBeLessThanOrEqual(14)
    expect(state.failures).toBe(1)
  })
})
