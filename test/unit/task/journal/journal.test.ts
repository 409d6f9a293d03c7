import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { agentPaths } from '../../../../agent/paths.ts'
import { type Entry, newEntry } from '../../../../agent/task/entry.ts'
import { createJournal } from '../../../../agent/task/journal/journal.ts'
import { aLog } from '../../../support/jobs.ts'
import { aTask, removeTemporary, temporaryState } from '../parts.ts'

afterEach(removeTemporary)

const NOW = Date.parse('2026-01-01T00:00:00.000Z')
const aNetwork = (name: string) => ({ name, internal: false, external: false })
const entryOf = (id: string) => newEntry(aTask({ id }), null, NOW)

function dreaming(entry: Entry): object {
  return { ...entry, status: { ...entry.status, state: 'dreaming' } }
}

function given() {
  const paths = agentPaths(temporaryState())
  const log = aLog()
  return {
    paths,
    log,
    journal: createJournal({ paths, log }),
    again: () => createJournal({ paths, log }).load(),
  }
}

describe('the journal', () => {
  it('gives back what was saved', async () => {
    const { journal, again } = given()
    await Promise.all([journal.save(entryOf('t1'), { durable: true }), journal.save(entryOf('t2'))])
    expect((await again()).map(({ task }) => task.id).sort()).toEqual(['t1', 't2'])
    expect(await again()).toContainEqual(entryOf('t1'))
  })

  it('keeps the last of many writes and leaves no temporary file', async () => {
    const { journal, again, paths } = given()
    const entries = Array.from({ length: 50 }, (_, streak) => ({ ...entryOf('t1'), streak }))
    await Promise.all(entries.map((entry) => journal.save(entry)))
    expect((await again())[0]?.streak).toBe(49)
    expect(readdirSync(paths.task('t1'))).toEqual(['task.json'])
  })

  it('reads what an earlier agent wrote: its last probe alone', async () => {
    const { again, journal, paths, log } = given()
    const probe = { exitCode: 0, output: 'well', at: '2026-01-01T00:00:00.000Z' }
    const entry = entryOf('t1')
    await journal.save(entry)
    const text = JSON.stringify({ ...entry, status: { ...entry.status, lastProbe: probe } })
    writeFileSync(join(paths.task('t1'), 'task.json'), text)
    expect(await again()).toEqual([{ ...entry, status: { ...entry.status, probes: [probe] } }])
    expect(log.lines).toEqual([])
  })

  it('reads what a later agent wrote, tells what it cannot start again, and keeps that for an agent that can', async () => {
    const { again, journal, paths, log } = given()
    const entry = entryOf('t1')
    const container = { ...entry.task.container, ofTomorrow: true }
    const later = {
      ...entry,
      task: { ...entry.task, container, networks: [{ ...aNetwork('n'), ofTomorrow: 1 }] },
      status: { ...entry.status, ofTomorrow: 1 },
    }
    await journal.save(later)
    const [read] = await again()
    expect(read).toEqual({ ...later, status: entry.status, notKnown: 'container/ofTomorrow' })
    expect(log.lines.join()).toContain('Another version of the agent')
    await journal.save({ ...(read as Entry), streak: 2 })
    const kept = JSON.parse(readFileSync(join(paths.task('t1'), 'task.json'), 'utf8'))
    expect(kept).toMatchObject({ streak: 2, task: later.task })
    await journal.save({ ...(read as Entry), task: entry.task })
    expect((await again())[0]?.notKnown).toBeUndefined()
  })

  it('says nothing when all that a later agent has added is about how a task is', async () => {
    const { again, journal, log } = given()
    const entry = entryOf('t1')
    const probes = [{ exitCode: 0, output: '', at: '', ofTomorrow: 1 }]
    await journal.save({ ...entry, status: { ...entry.status, probes } })
    expect((await again())[0]?.status.probes).toEqual([{ exitCode: 0, output: '', at: '' }])
    expect(log.lines).toEqual([])
  })

  it('is only for root to read: environments hold secrets', async () => {
    const { journal, paths } = given()
    await journal.save(entryOf('t1'))
    const { statSync } = await import('node:fs')
    expect(statSync(join(paths.task('t1'), 'task.json')).mode & 0o077).toBe(0)
  })

  it('forgets a task with all that is in its folder, also while it is written', async () => {
    const { journal, again, paths } = given()
    void journal.save(entryOf('t1'))
    await journal.forget('t1')
    await journal.forget('t1')
    expect(await again()).toEqual([])
    expect(readdirSync(join(paths.state, 'tasks'))).toEqual([])
  })

  it.each([
    ['half a file', '{"version":1,"ta'],
    ['of another version', JSON.stringify({ ...entryOf('t1'), version: 2 })],
    ['of another task', JSON.stringify(entryOf('t9'))],
    ['with a task of another shape', JSON.stringify({ ...entryOf('t1'), task: { id: 't1' } })],
    ['in a state that nobody knows', JSON.stringify(dreaming(entryOf('t1')))],
    ['with nothing in it', ''],
  ])('sets a file aside that is %s, tells of it, and reads the others', async (_, text) => {
    const { journal, again, paths, log } = given()
    await Promise.all([journal.save(entryOf('t1')), journal.save(entryOf('t2'))])
    writeFileSync(join(paths.task('t1'), 'task.json'), text)
    expect((await again()).map(({ task }) => task.id)).toEqual(['t2'])
    expect(log.lines.join()).toContain('set aside')
    const [aside = ''] = readdirSync(paths.task('t1'))
    expect(readFileSync(join(paths.task('t1'), aside), 'utf8')).toBe(text)
  })

  it('says what is wrong when it cannot write, and writes again once it can', async () => {
    const { journal, again, paths } = given()
    mkdirSync(join(paths.state, 'tasks'), { recursive: true })
    writeFileSync(paths.task('t1'), 'a file where the folder should be')
    await expect(journal.save(entryOf('t1'))).rejects.toMatchObject({ code: 'DISK_FULL' })
    await journal.forget('t1')
    await journal.save(entryOf('t1'))
    expect(await again()).toHaveLength(1)
  })
})
