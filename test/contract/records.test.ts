import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRecords, HISTORY_KEPT } from '../../controller/state/file-records.ts'
import { fileName } from '../../controller/state/record-file.ts'
import type { Records } from '../../controller/state/records.ts'
import type { HistoryEntry, StackRecord } from '../../schemas/record.ts'
import { PREVIOUS_KEPT } from '../../schemas/record.ts'
import { aRevision, aService, aStack, sha } from '../support/builders.ts'
import { aLog, type TestLog } from '../support/jobs.ts'

let folder: string
let records: Records
let log: TestLog

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'records-')), 'records')
  records = await loaded()
})
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }))

async function loaded(): Promise<Records> {
  log = aLog()
  const made = createRecords(folder, log)
  await made.load()
  return made
}

function aRecord(name: string, record: Partial<StackRecord> = {}): StackRecord {
  return {
    name,
    source: 'demo',
    accepted: aRevision(1, aStack(name, [aService('app')])),
    healthy: null,
    previous: [],
    bad: null,
    rollout: null,
    outcome: 'converged',
    message: 'All tasks serve.',
    inventory: [],
    history: [],
    since: {},
    ...record,
  }
}

function entries(count: number): HistoryEntry[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `entry-${n}`,
    revision: sha(n),
    digest: 'd',
    direction: 'forward' as const,
    startedAt: '2026-01-01T00:00:00.000Z',
    outcome: 'converged' as const,
    trigger: 'commit',
  }))
}

describe('records', () => {
  it('are there again after a restart', async () => {
    await records.put(aRecord('web'))
    await records.put(aRecord('db'))
    const again = await loaded()
    expect(again.get('web')).toEqual(aRecord('web'))
    expect(again.list().map(({ name }) => name)).toEqual(['db', 'web'])
  })

  it('are gone after a restart when they were removed, and removing twice is fine', async () => {
    await records.put(aRecord('web'))
    await records.remove('web')
    await records.remove('web')
    expect(records.get('web')).toBeUndefined()
    expect((await loaded()).list()).toEqual([])
  })

  it('are written only when they differ', async () => {
    await records.put(aRecord('web'))
    const before = await stat(join(folder, 'web.json'))
    const { name, ...rest } = aRecord('web')
    await records.put({ ...rest, name })
    expect((await stat(join(folder, 'web.json'))).ino).toBe(before.ino)
    await records.put(aRecord('web', { message: 'Another.' }))
    expect((await stat(join(folder, 'web.json'))).ino).not.toBe(before.ino)
    expect((await loaded()).get('web')?.message).toBe('Another.')
  })

  it('notice a change made in the object that was put before', async () => {
    const record = aRecord('web')
    await records.put(record)
    record.message = 'Changed in place.'
    await records.put(record)
    expect((await loaded()).get('web')?.message).toBe('Changed in place.')
  })

  it('are for their owner alone', async () => {
    await records.put(aRecord('web'))
    expect((await stat(join(folder, 'web.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
  })

  it('written at the same time end as the last one put, whole', async () => {
    const puts = Array.from({ length: 30 }, (_, n) =>
      records.put(aRecord('web', { message: `message ${n}` })),
    )
    await Promise.all([...puts, records.put(aRecord('db'))])
    expect(records.get('web')?.message).toBe('message 29')
    expect((await loaded()).get('web')?.message).toBe('message 29')
    expect((await readdir(folder)).sort()).toEqual(['db.json', 'web.json'])
  })

  it('keep what they had when a put fails, and take the next', async () => {
    await records.put(aRecord('web'))
    await rm(folder, { recursive: true })
    await expect(records.put(aRecord('web', { message: 'lost' }))).rejects.toMatchObject({ code: 'ENOENT' })
    expect(records.get('web')?.message).toBe('All tasks serve.')
    await mkdir(folder)
    await records.put(aRecord('web', { message: 'kept' }))
    expect((await loaded()).get('web')?.message).toBe('kept')
  })

  it('keep the newest of the past', async () => {
    const previous = Array.from({ length: 12 }, (_, n) => aRevision(n, aStack('web', [])))
    await records.put(aRecord('web', { history: entries(250), previous }))
    const kept = (await loaded()).get('web')
    expect([kept?.history.length, kept?.history[0]?.id]).toEqual([HISTORY_KEPT, 'entry-0'])
    expect(kept?.previous).toEqual(previous.slice(0, PREVIOUS_KEPT))
  })

  it.each(['../../etc/passwd', '.', '..', 'a/b', 'A b%2F', 'ü🙂', 'x'.repeat(400), 'con*"<>|', '\ud800'])(
    'of a stack named %j stay in their folder',
    async (name) => {
      await records.put(aRecord(name))
      expect(await readdir(folder)).toHaveLength(1)
      expect((await loaded()).get(name)).toEqual(aRecord(name))
    },
  )

  it('of long names that begin alike are apart', () => {
    expect(fileName(`${'x'.repeat(400)}1`)).not.toBe(fileName(`${'x'.repeat(400)}2`))
    expect(fileName('x'.repeat(400)).length).toBeLessThan(255)
  })
})

describe('a record of a later controller', () => {
  const later = () => {
    const spec = aStack('web', [aService('app')])
    const [app] = spec.services
    const container = { ...app?.container, ofTomorrow: { deep: true } }
    return {
      ...spec,
      ofTomorrow: 1,
      services: [{ ...app, ofTomorrow: [1], container } as typeof app],
    } as typeof spec
  }
  const rollout = (to: StackRecord['accepted'] & object): StackRecord['rollout'] => ({
    ...{ id: 'r', direction: 'forward', from: null, startedAt: '', services: {}, phase: 'rolling' },
    to,
  })

  it('is read, and loses what only that one knows, but for specs, which their digests stand for', async () => {
    const revision = aRevision(1, later())
    const specs = { accepted: revision, healthy: revision, previous: [revision], rollout: rollout(revision) }
    const known = aRecord('web', specs)
    await mkdir(folder, { recursive: true })
    const written = { ...known, ofTomorrow: 1, accepted: { ...revision, ofTomorrow: 1 } }
    await writeFile(join(folder, 'web.json'), JSON.stringify(written))
    const again = await loaded()
    expect(again.get('web')).toEqual(known)
    expect(log.lines).toEqual([expect.stringMatching(/^warn Another version .*the rest is lost/)])
    await again.put({ ...known, message: 'written back' })
    expect((await loaded()).get('web')).toEqual({ ...known, message: 'written back' })
  })
})

describe('a damaged record is set aside and told of, and stops no other', () => {
  it.each<[string, string]>([
    ['cut off', '{"name":"web","sou'],
    ['empty', ''],
    ['of another shape', JSON.stringify({ name: 'web' })],
    ['of another stack', JSON.stringify(aRecord('db'))],
    ['with an outcome that nobody knows', JSON.stringify({ ...aRecord('web'), outcome: 'dreaming' })],
  ])('%s', async (_name, content) => {
    await records.put(aRecord('good'))
    await writeFile(join(folder, 'web.json'), content)
    const again = await loaded()
    expect(again.list().map(({ name }) => name)).toEqual(['good'])
    expect(log.lines).toEqual(['error The record of a stack is damaged'])
    expect(await readFile(join(folder, 'web.json.damaged-1'), 'utf8')).toBe(content)
    await again.put(aRecord('web'))
    expect((await loaded()).get('web')).toEqual(aRecord('web'))
  })

  it('beside the ones before it', async () => {
    for (let n = 0; n < 2; n++) {
      await writeFile(join(folder, 'web.json'), `damage ${n}`)
      await loaded()
    }
    expect((await readdir(folder)).sort()).toEqual(['web.json.damaged-1', 'web.json.damaged-2'])
  })

  it('what a crash left of a write is swept away', async () => {
    await records.put(aRecord('web'))
    await writeFile(join(folder, 'web.json.1234.tmp'), '{"na')
    expect((await loaded()).list()).toHaveLength(1)
    expect(await readdir(folder)).toEqual(['web.json'])
  })
})
