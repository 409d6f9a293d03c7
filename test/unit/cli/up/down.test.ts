import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runDown } from '../../../../controller/cli/up/down.ts'
import { layoutOf } from '../../../../controller/cli/up/layout.ts'
import { writePidFile } from '../../../../controller/cli/up/pid-file.ts'
import { testContext } from '../api-at.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-down-'))
  await mkdir(join(folder, 'redis'))
  await writeFile(join(folder, 'redis/dump.rdb'), '')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

it('tells of the storage of images that was given, and deletes what Redis kept', async () => {
  const layout = layoutOf(folder)
  const flags = [
    '--state',
    layout.agentState,
    '--storage-root',
    '/srv/images',
    '--storage-run',
    '/run/images',
  ]
  await writeFile(layout.agentFlags, JSON.stringify(flags))
  await mkdir(join(folder, 'logs'))
  const context = testContext({})
  expect(await runDown(context, { state: folder, volumes: false })).toBe(0)
  const buildah = 'buildah --root /srv/images --runroot /run/images'
  expect(context.stdout.at(-1)).toBe(
    `  the images: ${buildah} images lists them, ${buildah} rmi IMAGE removes one`,
  )
  expect(await readdir(folder)).not.toContain('redis')
})

it('leaves the folder to another one that is at work, and says so', async () => {
  const { downLock } = layoutOf(folder)
  await mkdir(join(folder, 'pids'))
  writePidFile(downLock, process.pid)
  await expect(runDown(testContext({}), { state: folder, volumes: false })).rejects.toMatchObject({
    code: 'ALREADY_RUNNING',
    message: `Another \`setpoint down\` is at work in ${folder} (process ${process.pid}).`,
  })
  expect(await readdir(join(folder, 'pids'))).toEqual(['down.pid'])
})

it('deletes nothing in a folder that no setpoint up has run on', async () => {
  const context = testContext({})
  expect(await runDown(context, { state: folder, volumes: true })).toBe(0)
  expect(context.stdout).toEqual([`nothing to take down in ${folder}`])
  expect(await readdir(join(folder, 'redis'))).toEqual(['dump.rdb'])
})
