import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { controlOf } from '../../agent/runtime/context.ts'
import { logFiles } from '../../agent/runtime/logs/files.ts'
import { openLog, tailLog } from '../../agent/runtime/logs/reader.ts'
import { rotateLog } from '../../agent/runtime/logs/rotation.ts'
import { exitOf, type OciHost, openOciHost, running } from '../support/oci-host.ts'

let host: OciHost
beforeAll(async () => {
  host = await openOciHost('auto')
})
afterAll(async () => expect(await host.close()).toEqual([]))

const COUNTING = 'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done'
const ALL = Array.from({ length: 20_000 }, (_, index) => `line ${index}`)

it('a container that never pauses loses no line to rotation, and who follows sees each once', async () => {
  const folder = host.paths.task('count')
  const ended = exitOf(host.runtime, 'count')
  const logging = { driver: 'file' as const, maxSize: 64 * 1024, maxFiles: 1000 }
  const command = ['sh', '-c', `while [ ! -e /tmp/go ]; do :; done; ${COUNTING}`]
  await running(host, 'count', { spec: { command, logging } })
  const stop = new AbortController()
  const followed: string[] = []
  const reader = await openLog(folder)
  const following = (async () => {
    for await (const lines of reader.live(stop.signal)) followed.push(...lines.map(({ text }) => text))
    await reader.close()
  })()
  let over = false
  void ended.then(() => {
    over = true
  })
  // it counts faster than a test begins
  const begun = host.runtime.exec('count', ['touch', '/tmp/go'], { timeout: 10_000 })
  while (!over) await rotateLog({ folder, control: controlOf(host.paths, 'count') }, logging)
  await begun
  stop.abort()
  await following
  expect(followed).toEqual(ALL)
  expect((await tailLog(folder, 20_000)).map(({ text }) => text)).toEqual(ALL)
  expect((await readdir(folder)).filter((name) => name.startsWith('log')).length).toBeGreaterThan(1)
})

/** conmon begins a log anew of itself once it has written so much, whatever the agent does. */
const OF_CONMON = 16 * 1024 * 1024
const LINE = 8_000
const PRINT = `p=$(head -c ${LINE} /dev/zero | tr '\\0' x); count() { i=0; while [ $i -lt $1 ]; do echo "$i $p"; i=$((i+1)); done; }`
const waiting = (script: string) => ['sh', '-c', `while [ ! -e /tmp/go ]; do :; done; ${PRINT}; ${script}`]
const numberIn = ({ text }: { text: string }) => Number(text.slice(0, text.indexOf(' ')))
const upTo = (count: number, from = 0) => Array.from({ length: count - from }, (_, index) => from + index)

it('keeps lines without a gap over the limit of conmon, and who follows sees each once', async () => {
  const folder = host.paths.task('much')
  const control = controlOf(host.paths, 'much')
  const logging = { driver: 'file' as const, maxSize: OF_CONMON / 4, maxFiles: 1000 } // none goes before it is read
  const lines = Math.ceil((5 * OF_CONMON) / LINE)
  let over = false
  const ended = exitOf(host.runtime, 'much').then(() => {
    over = true
  })
  await running(host, 'much', { spec: { command: waiting(`count ${lines}`), logging } })
  const stop = new AbortController()
  const followed: number[] = []
  const reader = await openLog(folder)
  const following = (async () => {
    for await (const some of reader.live(stop.signal)) followed.push(...some.map(numberIn))
    await reader.close()
  })()
  const begun = host.runtime.exec('much', ['touch', '/tmp/go'], { timeout: 10_000 })
  while (!over) await rotateLog({ folder, control }, logging)
  await Promise.all([begun, ended])
  stop.abort()
  await following
  expect(followed).toEqual(upTo(lines))
  const kept = (await tailLog(folder, lines)).map(numberIn)
  expect(kept).toEqual(upTo(lines, kept[0])) // no more of it is looked through than a limit
  expect(kept.length).toBeGreaterThan(lines / 2)
}, 60_000)

it('keeps as many files as it may, and no gap in them', async () => {
  const folder = host.paths.task('few')
  const control = controlOf(host.paths, 'few')
  const logging = { driver: 'file' as const, maxSize: OF_CONMON / 4, maxFiles: 3 }
  const lines = Math.ceil((3 * OF_CONMON) / LINE)
  let over = false
  const ended = exitOf(host.runtime, 'few').then(() => {
    over = true
  })
  await running(host, 'few', { spec: { command: waiting(`count ${lines}`), logging } })
  const begun = host.runtime.exec('few', ['touch', '/tmp/go'], { timeout: 10_000 })
  while (!over) await rotateLog({ folder, control }, logging)
  await Promise.all([begun, ended])
  const kept = (await tailLog(folder, lines)).map(numberIn)
  expect(kept).toEqual(upTo(lines, kept[0]))
  expect(kept.length * LINE).toBeGreaterThan(0.9 * logging.maxSize) // the other files may have ended early
  expect((await readdir(folder)).filter((name) => name.startsWith('log')).sort()).toEqual([
    'log',
    'log.0',
    'log.1',
    'log.2',
  ])
}, 60_000)

it('keeps what conmon has put aside since the agent last looked', async () => {
  const folder = host.paths.task('away')
  const control = controlOf(host.paths, 'away')
  const logging = { driver: 'file' as const, maxSize: OF_CONMON / 4, maxFiles: 3 }
  const lines = Math.ceil((1.5 * OF_CONMON) / LINE)
  const ended = exitOf(host.runtime, 'away')
  await running(host, 'away', { spec: { command: waiting(`count ${lines}`), logging } })
  await rotateLog({ folder, control }, logging)
  await host.runtime.exec('away', ['touch', '/tmp/go'], { timeout: 10_000 })
  await ended
  expect((await tailLog(folder, lines)).map(numberIn)).toEqual(upTo(lines))
  await rotateLog({ folder, control }, logging)
  expect((await tailLog(folder, lines)).map(numberIn)).toEqual(upTo(lines))
}, 60_000)

it('grows by no more than twice the limit of conmon when nobody rotates', async () => {
  const folder = host.paths.task('kept')
  const control = controlOf(host.paths, 'kept')
  const logging = { driver: 'file' as const, maxSize: 16 * 1024, maxFiles: 3 }
  const lines = Math.ceil((3.5 * OF_CONMON) / LINE)
  const ended = exitOf(host.runtime, 'kept')
  await running(host, 'kept', { spec: { command: waiting(`count ${lines}`), logging } })
  await rotateLog({ folder, control }, logging)
  await host.runtime.exec('kept', ['touch', '/tmp/go'], { timeout: 10_000 })
  await ended
  const sizes = (await logFiles(folder)).map(({ size }) => size)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(2 * OF_CONMON)
  expect((await tailLog(folder, 1)).map(numberIn)).toEqual([lines - 1])
}, 60_000)

it('keeps no log with the driver none', async () => {
  const ended = exitOf(host.runtime, 'none')
  await running(host, 'none', {
    spec: { command: ['sh', '-c', 'echo secret; exit 4'], logging: { driver: 'none' } },
  })
  expect(await ended).toMatchObject({ exitCode: 4 })
  expect(await tailLog(host.paths.task('none'), 10)).toEqual([])
})

it('writes the journal beside the file', async () => {
  const ended = exitOf(host.runtime, 'journal-of-one-task')
  await running(host, 'journal-of-one-task', {
    spec: { command: ['echo', 'noted'], logging: { driver: 'journald' } },
  })
  expect(await ended).toMatchObject({ exitCode: 0 })
  expect(await tailLog(host.paths.task('journal-of-one-task'), 10)).toMatchObject([{ text: 'noted' }])
})
