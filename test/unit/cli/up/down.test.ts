import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runDown } from '../../../../controller/cli/up/down.ts'
import { testContext } from '../api-at.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-down-'))
  await mkdir(join(folder, 'redis'))
  await writeFile(join(folder, 'redis/dump.rdb'), '')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

it('deletes nothing in a folder that no setpoint up has run on', async () => {
  const context = testContext({})
  expect(await runDown(context, { state: folder, volumes: true })).toBe(0)
  expect(context.stdout).toEqual([`nothing to take down in ${folder}`])
  expect(await readdir(join(folder, 'redis'))).toEqual(['dump.rdb'])
})
