import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openLog, tailLog } from '../../agent/runtime/container-log.ts'
import { controlOf } from '../../agent/runtime/context.ts'
import { rotateLog } from '../../agent/runtime/log-rotation.ts'
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

it('keeps as many files as asked for, and no more bytes than they may have when nobody rotates', async () => {
  const folder = host.paths.task('kept')
  const ended = exitOf(host.runtime, 'kept')
  const logging = { driver: 'file' as const, maxSize: 16 * 1024, maxFiles: 3 }
  await running(host, 'kept', { spec: { command: ['sh', '-c', COUNTING], logging } })
  await ended
  expect((await stat(join(folder, 'log'))).size).toBeLessThanOrEqual(3 * 16 * 1024 + 8192)
  expect((await tailLog(folder, 1)).map(({ text }) => text)).toEqual(['line 19999'])
})

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
