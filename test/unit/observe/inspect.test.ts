import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createInspector } from '../../../agent/observe/inspect.ts'
import type { Finding, Subject } from '../../../agent/task/repair/findings.ts'
import type { TaskFacts, TaskStatus } from '../../../schemas/task.ts'
import { aLog } from '../../support/jobs.ts'

let proc = ''
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'proc-'))
})
afterEach(() => rmSync(proc, { recursive: true, force: true }))

const wanted: TaskFacts = {
  ...{ running: true, argv: ['/app'], image: 'abc', memory: 4096, cpus: 0.5, pids: 10, mounts: [] },
  limits: ['cpu.shares=512'],
  ...{ addresses: ['web=10.0.0.2'], ports: ['80->80/tcp'] },
}
const aSubject = (id = 't1', rest: Partial<Subject> = {}): Subject => ({
  ...{ id, run: 1, pid: 100, imageRoot: '/images/abc', wanted },
  ...rest,
})

function process(pid: number, { state = 'S', startTime = 7, lower = '/images/abc' } = {}) {
  mkdirSync(join(proc, String(pid)), { recursive: true })
  const fields = [state, ...Array(18).fill(0), startTime].join(' ')
  writeFileSync(join(proc, String(pid), 'stat'), `${pid} (a (b) c) ${fields} 0`)
  writeFileSync(
    join(proc, String(pid), 'mountinfo'),
    `50 40 0:60 / / rw - overlay overlay rw,lowerdir=${lower}\n`,
  )
}

/** A host as it should be; what is given is otherwise. */
function aHost(subjects: Subject[]) {
  const seen = {
    limits: { memory: 4096, cpus: 0.5, pids: 10 } as { memory: number | null; cpus: number; pids: number },
    weight: 512,
    addresses: ['web=10.0.0.2'],
    ports: ['80->80/tcp'],
    containers: subjects.map(({ id, pid }) => ({ id, pid })),
    published: async () => {},
    isHeld: true,
  }
  const findings: Finding[] = []
  const vanished: string[] = []
  const unheld: string[] = []
  const inspector = createInspector({
    tasks: {
      subjects: () => [...subjects],
      found: (news) => void findings.push(...news),
      vanished: async (id) => void vanished.push(id),
      unheld: async (id) => void unheld.push(id),
      published: () => seen.published(),
      list: () => subjects.map(({ id }) => ({ id })) as TaskStatus[],
    },
    runtime: {
      limits: async () => seen.limits,
      settingsNow: () => [`cpu.shares=${seen.weight}`],
      list: async () => seen.containers,
      isHeld: async () => seen.isHeld,
    },
    networks: {
      forwardings: async () => new Map(subjects.map(({ id }) => [id, seen.ports])),
      addressesOf: async () => seen.addresses,
    },
    log: aLog(),
    proc,
  })
  return { inspector, seen, findings, vanished, unheld }
}

describe('a look at the tasks', () => {
  it('finds what was set up when nobody has touched it', async () => {
    process(100)
    const { inspector, findings } = aHost([aSubject()])
    await inspector.inspect()
    expect(findings.map(({ found }) => found)).toEqual([wanted])
  })

  it('tells of a process that runs on without its conmon', async () => {
    process(100)
    const { inspector, unheld, seen } = aHost([aSubject()])
    await inspector.inspect()
    expect(unheld).toEqual([])
    seen.isHeld = false
    await inspector.inspect()
    expect(unheld).toEqual(['t1'])
  })

  it('finds what somebody has changed', async () => {
    process(100, { lower: '/images/other' })
    const { inspector, findings, seen } = aHost([aSubject()])
    seen.limits = { memory: null, cpus: 2, pids: 10 }
    seen.weight = 2
    seen.addresses = []
    seen.ports = []
    await inspector.inspect()
    expect(findings[0]?.found).toEqual({
      ...{
        ...wanted,
        image: '/images/other',
        memory: null,
        cpus: 2,
        limits: ['cpu.shares=2'],
        addresses: [],
        ports: [],
      },
    })
  })

  it('leaves out a task that changes while what is to be published is', async () => {
    process(100)
    const subjects = [aSubject()]
    const { inspector, findings, seen } = aHost(subjects)
    seen.published = async () => {
      subjects[0] = aSubject('t1', { wanted: { ...wanted, ports: [] } })
    }
    await inspector.inspect()
    expect(findings).toEqual([])
  })

  it('tells of a process that is gone only when its end was not told until the next look', async () => {
    const { inspector, vanished } = aHost([aSubject()])
    await inspector.inspect()
    expect(vanished).toEqual([])
    await inspector.inspect()
    expect(vanished).toEqual(['t1'])
  })

  it.each([{ startTime: 8 }, { state: 'Z' }])('does not take another process for it (%j)', async (other) => {
    process(100)
    const { inspector, vanished } = aHost([aSubject()])
    await inspector.inspect()
    process(100, other)
    await inspector.inspect()
    await inspector.inspect()
    expect(vanished).toEqual(['t1'])
  })

  it.each([
    ['a look later', true],
    ['before the next look', false],
  ])('does not miss the process of a task that left and came back %s', async (_, looksBetween) => {
    process(100)
    const subjects = [aSubject()]
    const { inspector, vanished, findings } = aHost(subjects)
    await inspector.inspect()
    subjects.pop()
    if (looksBetween) await inspector.inspect()
    process(200, { startTime: 9 })
    subjects.push(aSubject('t1', { pid: looksBetween ? 100 : 200 }))
    if (looksBetween) process(100, { startTime: 9 })
    findings.length = 0
    await inspector.inspect()
    await inspector.inspect()
    expect(vanished).toEqual([])
    expect(findings).toHaveLength(2)
  })

  it('goes on after a look that failed', async () => {
    process(100)
    const { inspector, findings, seen } = aHost([aSubject()])
    seen.published = () => Promise.reject(new Error('nft is busy'))
    await inspector.inspect()
    seen.published = async () => {}
    await inspector.inspect()
    expect(findings).toHaveLength(1)
  })
})

describe('strays', () => {
  it('are containers that no journal knows, told of when they come and go', async () => {
    process(100)
    const { inspector, seen } = aHost([aSubject()])
    const told: string[][] = []
    inspector.onStrays(() => told.push(inspector.strays().map(({ containerId }) => containerId)))
    seen.containers.push({ id: 'x', pid: 0 })
    await inspector.inspect()
    await inspector.inspect()
    seen.containers.pop()
    await inspector.inspect()
    expect(told).toEqual([['x'], []])
  })
})
