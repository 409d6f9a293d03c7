import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openOrders } from '../../../agent/orders.ts'
import { agentPaths } from '../../../agent/paths.ts'
import type { Action } from '../../../schemas/action.ts'
import type { Job } from '../../../schemas/job.ts'
import { aLog, aRun } from '../../support/jobs.ts'

const NOW = Date.parse('2026-01-01T00:00:00.000Z')
const slotOf = (id: string) => (id === 't1' ? 'slot web/app.1' : undefined)
let state = ''

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'orders-'))
})
afterEach(() => rmSync(state, { recursive: true, force: true, maxRetries: 10 }))

const open = (key = 'k') => openOrders({ paths: agentPaths(state), log: aLog(), key, now: () => NOW })
const job = (sequence: number, action: Action = aRun('t1'), rest: Partial<Job> = {}): Job => ({
  ...{ host: 'one', epoch: 1, sequence, deadline: '2026-01-01T00:00:01.000Z', action },
  ...rest,
})
const remove = (taskId: string): Action => ({ type: 'remove', taskId, stack: 'web', reason: 'test' })

describe('the order of jobs', () => {
  it('takes on what is newer than what was done in the slot', async () => {
    const orders = await open()
    expect(orders.begin(job(1), slotOf)).toBe(true)
    orders.done(job(1))
    expect(orders.begin(job(2), slotOf)).toBe(true)
  })

  it('refuses a run that is replayed after the task was removed, in the next life too', async () => {
    const orders = await open()
    for (const each of [job(1), job(2, remove('t1'))]) {
      orders.begin(each, slotOf)
      orders.done(each)
    }
    await orders.saved()
    for (const life of [orders, await open()]) {
      expect(() => life.begin(job(1), slotOf)).toThrow(/newer than it/)
    }
  })

  it('refuses an older run of another task in the same slot', async () => {
    const orders = await open()
    orders.begin(job(5, aRun('t2')), slotOf)
    expect(() => orders.begin(job(4), slotOf)).toThrow(/1\/5 for slot web\/app.1 is newer/)
    expect(orders.begin(job(4, aRun('t3', { slot: 2 })), slotOf)).toBe(true)
  })

  it('does the same job again only when it was not finished', async () => {
    const orders = await open()
    expect(orders.begin(job(1), slotOf)).toBe(true)
    expect(orders.begin(job(1), slotOf)).toBe(true)
    orders.done(job(1))
    expect(orders.begin(job(1), slotOf)).toBe(false)
  })

  it('refuses a controller that does not lead any more, in the next life too', async () => {
    const orders = await open()
    orders.begin(job(1, aRun('t1'), { epoch: 3 }), slotOf)
    await orders.saved()
    for (const life of [orders, await open()]) {
      expect(() => life.begin(job(9, aRun('t9'), { epoch: 2 }), slotOf)).toThrow(/epoch 3 leads/)
    }
    expect(orders.begin(job(0, aRun('t1'), { epoch: 4 }), slotOf)).toBe(true)
  })

  it('begins anew with the key of another controller', async () => {
    const orders = await open()
    orders.begin(job(9, aRun('t1'), { epoch: 3 }), slotOf)
    orders.done(job(9, aRun('t1'), { epoch: 3 }))
    await orders.saved()
    expect((await open('another')).begin(job(1), slotOf)).toBe(true)
  })

  it.each(['2026-01-01T00:00:00.000Z', 'soon'])(
    'does not begin after its deadline (%s)',
    async (deadline) => {
      const orders = await open()
      expect(() => orders.begin(job(1, aRun('t1'), { deadline }), slotOf)).toThrow(/came too late/)
    },
  )

  it('opens sessions in any order, but none a second time', async () => {
    const orders = await open()
    const session = (sessionId: string): Action => ({ type: 'session', sessionId, kind: 'logs', sealed: '' })
    expect(orders.begin(job(2, session('b')), slotOf)).toBe(true)
    expect(orders.begin(job(1, session('a')), slotOf)).toBe(true)
    orders.done(job(1, session('a')))
    expect(orders.begin(job(1, session('a')), slotOf)).toBe(false)
  })

  it('sets a damaged list aside', async () => {
    writeFileSync(join(state, 'orders.json'), '{"version":')
    expect((await open()).begin(job(1), slotOf)).toBe(true)
    expect(readdirSync(state)).toContain('orders.json.damaged')
  })

  it('keeps no more than it must, and still refuses what it has forgotten', async () => {
    const orders = await open()
    for (let n = 1; n <= 10_001; n++) {
      const each = job(n, { type: 'removeStray', containerId: `c${n}` })
      orders.begin(each, slotOf)
      orders.done(each)
    }
    expect(() => orders.begin(job(1, { type: 'removeStray', containerId: 'c1' }), slotOf)).toThrow(
      /older than anything/,
    )
    expect(orders.begin(job(10_002), slotOf)).toBe(true)
    await orders.saved()
  })
})
