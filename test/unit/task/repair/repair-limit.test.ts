import { describe, expect, it } from 'vitest'
import type { Finding } from '../../../../agent/task/repair/findings.ts'
import { createRepairLimit } from '../../../../agent/task/repair/repair-limit.ts'
import type { TaskFacts } from '../../../../schemas/task.ts'
import { quiet } from '../parts.ts'

const wanted: TaskFacts = {
  ...{ running: true, argv: ['/app'], image: 'abc', memory: 4096, cpus: null, pids: null },
  ...{ mounts: ['/data=/srv'], addresses: [], ports: [] },
}
const seen = (found: Partial<TaskFacts>, run = 1): Finding => ({
  subject: { id: 't1', run, pid: 1, imageRoot: '/', wanted },
  found: { ...wanted, ...found },
})

function given() {
  const warned: unknown[] = []
  const time = { now: 1_000_000 }
  const limit = createRepairLimit({
    clock: { now: () => time.now, uptime: () => time.now, after: () => () => {} },
    log: { ...quiet, warn: (fields: object) => void warned.push(fields) },
  })
  return { limit, time, warned, times: (count: number) => repeat(count, () => limit.due('t1', ['mounts'])) }
}

function repeat<T>(count: number, work: () => T): T[] {
  return Array.from({ length: count }, work)
}

describe('repairs that do not help', () => {
  it('become rare after the third, and are told of once', () => {
    const { times, time, warned } = given()
    expect(times(6)).toEqual([['mounts'], ['mounts'], ['mounts'], [], [], []])
    time.now += 60_000
    expect(times(2)).toEqual([['mounts'], []])
    expect(warned).toEqual([{ task: 't1', field: 'mounts', repairs: 3 }])
  })

  it('keep no other field and no other task from being repaired', () => {
    const { times, limit } = given()
    times(4)
    expect(limit.due('t1', ['mounts', 'memory'])).toEqual(['memory'])
    expect(limit.due('t2', ['mounts'])).toEqual(['mounts'])
  })

  it('are forgotten once one has helped, and with the task', () => {
    const { times, limit } = given()
    times(3)
    limit.found(seen({ mounts: [], memory: null }))
    expect(times(1)).toEqual([[]])
    limit.found(seen({ memory: null }))
    expect(times(4)).toEqual([['mounts'], ['mounts'], ['mounts'], []])
    limit.forget('t1')
    expect(times(1)).toEqual([['mounts']])
  })

  it('by a start of the task are not made again, and told, until it is found as it is wanted', () => {
    const { times, limit, warned } = given()
    limit.found(seen({ mounts: [] }))
    expect(times(1)).toEqual([['mounts']])
    limit.found(seen({ mounts: [] }))
    expect(limit.unhealed('t1')).toEqual([])
    limit.found(seen({ mounts: [] }, 2))
    limit.found(seen({ mounts: [] }, 3))
    expect(limit.unhealed('t1')).toEqual(['mounts'])
    expect(times(2)).toEqual([[], []])
    expect(warned).toEqual([{ task: 't1', field: 'mounts' }])
    limit.found(seen({}, 3))
    expect(limit.unhealed('t1')).toEqual([])
    expect(times(1)).toEqual([['mounts']])
  })

  it('in place are made again, whatever run it is', () => {
    const { limit } = given()
    limit.found(seen({ memory: null }))
    expect(limit.due('t1', ['memory'])).toEqual(['memory'])
    limit.found(seen({ memory: null }, 2))
    expect(limit.unhealed('t1')).toEqual([])
    expect(limit.due('t1', ['memory'])).toEqual(['memory'])
  })

  it('do not wait for a clock that was set back', () => {
    const { times, time } = given()
    times(4)
    time.now -= 3_600_000
    expect(times(2)).toEqual([['mounts'], []])
  })
})
