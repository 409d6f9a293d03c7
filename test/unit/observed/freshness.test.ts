import { describe, expect, it } from 'vitest'
import { heardAt, hostState, type Link } from '../../../controller/observed/freshness.ts'
import { HEARTBEAT } from '../../../schemas/wire.ts'

const NOW = 1_000_000_000
const LONG: Link = { since: 0, last: NOW }

describe('the state of a host', () => {
  it.each([
    [0, 'ready'],
    [1.5 * HEARTBEAT - 1, 'ready'],
    [1.5 * HEARTBEAT, 'stale'],
    [3 * HEARTBEAT - 1, 'stale'],
    [3 * HEARTBEAT, 'lost'],
  ])('after %i ms of silence is %s', (silence, state) => {
    expect(hostState(NOW - silence, LONG, NOW)).toBe(state)
  })

  it('is not lost while Redis does not answer', () => {
    expect(hostState(0, { since: 0, last: NOW - 2 * HEARTBEAT }, NOW)).toBe('stale')
  })

  it('is not lost before Redis has answered for three heartbeats', () => {
    expect(hostState(0, { since: NOW - 3 * HEARTBEAT + 1, last: NOW }, NOW)).toBe('stale')
    expect(hostState(0, { since: NOW - 3 * HEARTBEAT, last: NOW }, NOW)).toBe('lost')
  })
})

describe('the link', () => {
  it('goes on while Redis answers often, and begins anew after a pause', () => {
    const on = heardAt({ since: 5, last: NOW }, NOW + HEARTBEAT)
    expect(on).toEqual({ since: 5, last: NOW + HEARTBEAT })
    const anew = heardAt(on, NOW + 60_000)
    expect(anew).toEqual({ since: NOW + 60_000, last: NOW + 60_000 })
  })

  it('is not shortened by news of the past', () => {
    expect(heardAt({ since: 5, last: NOW }, NOW - 60_000)).toEqual({ since: 5, last: NOW })
  })
})
