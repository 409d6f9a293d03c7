import { appendFile, link, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { tailLog } from '../../../../agent/runtime/logs/reader.ts'
import { rotateLog } from '../../../../agent/runtime/logs/rotation.ts'

const row = (text: string) => `2026-11-20T18:55:13.046064255Z stdout F ${text}\n`
let folder: string
let log: string
let control: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-rotation-'))
  log = join(folder, 'log')
  control = join(folder, 'ctl')
  await writeFile(control, '')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** What conmon does at an order and at its own limit: it empties `log.tmp` and puts it in the place of the log. */
async function beginAnew(text: string): Promise<void> {
  await writeFile(`${log}.tmp`, '')
  await rename(`${log}.tmp`, log)
  await appendFile(log, row(text))
}

/** Rotates while a conmon begins a file for each of the texts once it has got the order. */
async function rotate(limits: { maxSize: number; maxFiles: number }, texts: string[]): Promise<boolean> {
  await writeFile(control, '')
  const rotated = rotateLog({ folder, control }, limits)
  await expect.poll(() => readFile(control, 'utf8'), { interval: 1, timeout: 2_000 }).toBe('2 0 0\n')
  for (const text of texts) await beginAnew(text)
  return rotated
}

const kept = async () => (await tailLog(folder, 100)).map(({ text }) => text)
const names = async () => (await readdir(folder)).filter((name) => name.startsWith('log')).sort()

it('keeps so many files, the oldest go', async () => {
  await writeFile(log, row('1'))
  for (const next of ['2', '3', '4']) expect(await rotate({ maxSize: 1, maxFiles: 3 }, [next])).toBe(true)
  expect(await kept()).toEqual(['2', '3', '4'])
  expect(await names()).toEqual(['log', 'log.0', 'log.1', 'log.2'])
})

it('keeps one file alone when no more are asked for', async () => {
  await writeFile(log, row('1'))
  await rotate({ maxSize: 1, maxFiles: 1 }, ['2'])
  expect(await kept()).toEqual(['2'])
  expect(await names()).toEqual(['log', 'log.0'])
})

it('keeps the file that conmon has begun of itself right before it obeys', async () => {
  await writeFile(log, row('1'))
  await rotate({ maxSize: 1, maxFiles: 9 }, ['2', '3'])
  await rotateLog({ folder, control }, { maxSize: 1000, maxFiles: 9 })
  expect(await kept()).toEqual(['1', '2', '3'])
})

it('gives a number to the file that conmon has put aside at its own limit', async () => {
  const limits = { maxSize: 1000, maxFiles: 3 }
  await writeFile(log, row('1'))
  await rotateLog({ folder, control }, limits)
  await beginAnew('2')
  expect(await kept()).toEqual(['1', '2'])
  expect(await rotateLog({ folder, control }, limits)).toBe(true)
  expect(await rotateLog({ folder, control }, limits)).toBe(false)
  expect(await kept()).toEqual(['1', '2'])
  expect(await names()).toEqual(['log', 'log.0', 'log.1'])
})

it('goes on where an agent was killed after its order', async () => {
  const limits = { maxSize: 1000, maxFiles: 3 }
  await writeFile(log, row('1'))
  await rotateLog({ folder, control }, limits)
  await writeFile(join(folder, 'log.next'), '')
  await link(join(folder, 'log.next'), join(folder, 'log.tmp'))
  await beginAnew('2')
  await beginAnew('3')
  await rotateLog({ folder, control }, limits)
  expect(await kept()).toEqual(['1', '2', '3'])
})
