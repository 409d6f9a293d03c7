import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nextUses, openUses, type UseByVolume } from '../../../agent/volume/last-use.ts'
import type { Task } from '../../../schemas/task.ts'
import { aContainer } from '../../support/builders.ts'
import { aLog, aTask } from '../../support/jobs.ts'

const EARLIER = '2026-01-01T00:00:00.000Z'
const NOW = '2026-01-02T00:00:00.000Z'
const now = () => new Date(NOW)
const user = (stack: string) => ({ taskId: 't', stack, service: 'db', slot: 1 })

describe('what is known of who uses a volume', () => {
  it.each<[string, UseByVolume, [string, string][], UseByVolume]>([
    ['used for the first time', {}, [['data', 'web']], { data: { stack: 'web' } }],
    ['not used any more', { data: { stack: 'web' } }, [], { data: { stack: 'web', unusedSince: NOW } }],
    [
      'not used for long',
      { data: { stack: 'web', unusedSince: EARLIER } },
      [],
      { data: { stack: 'web', unusedSince: EARLIER } },
    ],
    [
      'used again, by another stack',
      { data: { stack: 'web', unusedSince: EARLIER } },
      [['data', 'shop']],
      { data: { stack: 'shop' } },
    ],
    [
      'one of two',
      { a: { stack: 'web' }, b: { stack: 'web' } },
      [['a', 'web']],
      { a: { stack: 'web' }, b: { stack: 'web', unusedSince: NOW } },
    ],
  ])('%s', (_, before, users, after) => {
    const map = new Map(users.map(([name, stack]) => [name, [user(stack)]]))
    expect(nextUses(before, map, now())).toEqual(after)
  })
})

describe('its file', () => {
  let state: string
  let tasks: Task[]
  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), 'setpoint-uses-'))
    tasks = [aTask('t1', { container: mounting('data') })]
    await mkdir(join(state, 'volumes/data'), { recursive: true })
  })
  afterEach(() => rm(state, { recursive: true, force: true }))

  const mounting = (source: string) =>
    aContainer({ mounts: [{ type: 'volume', source, target: '/data', readOnly: false }] })
  const open = () => openUses({ paths: { state }, tasks: () => tasks, log: aLog(), now })

  it('outlives the agent, and knows of a task that went while none was there', async () => {
    const first = await open()
    first.look()
    await first.saved()
    expect(first.of('data')).toEqual({ stack: 'web' })
    tasks = []
    const next = await open()
    expect(next.of('data')).toEqual({ stack: 'web' })
    next.look()
    expect(next.of('data')).toEqual({ stack: 'web', unusedSince: NOW })
    expect(next.of('constructor')).toBeUndefined()
    await next.saved()
  })

  it.each([
    ['{"version":1}'],
    ['{"version":1,"volumes":null}'],
    ['{"version":1,"volumes":{"data":null,"old":{},"older":{"stack":"web","unusedSince":1}}}'],
  ])('keeps nobody from starting when it is %s', async (text) => {
    await writeFile(join(state, 'volume-uses.json'), text)
    const uses = await open()
    expect(['data', 'old', 'older'].map(uses.of)).toEqual([undefined, undefined, undefined])
    uses.look()
    expect(uses.of('data')).toEqual({ stack: 'web' })
    await uses.saved()
  })

  it('forgets what was removed', async () => {
    const uses = await open()
    uses.look()
    await uses.saved()
    await rm(join(state, 'volumes/data'), { recursive: true })
    tasks = []
    uses.look()
    await uses.saved()
    expect(JSON.parse(await readFile(join(state, 'volume-uses.json'), 'utf8')).volumes).toEqual({})
  })

  it('counts as empty when it is damaged', async () => {
    const uses = await open()
    uses.look()
    await uses.saved()
    await rm(join(state, 'volume-uses.json'))
    await mkdir(join(state, 'volume-uses.json'))
    expect((await open()).of('data')).toBeUndefined()
  })
})
