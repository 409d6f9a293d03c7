import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { run } from '../../../agent/runtime/exec.ts'
import { createTrash, deleteArgv, type Trash } from '../../../agent/volume/trash.ts'

let folder: string
let trash: Trash
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-trash-'))
  trash = createTrash(folder)
  await mkdir(join(folder, 'web_data/data/deep'), { recursive: true })
  await writeFile(join(folder, 'web_data/data/deep/file'), '')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

it('puts a volume aside in one step, and deletes it then', async () => {
  const place = await trash.put(join(folder, 'web_data'))
  expect(await readdir(folder)).toEqual([place?.split('/').at(-1)])
  await trash.remove(place ?? '')
  expect(await readdir(folder)).toEqual([])
  expect(await trash.put(join(folder, 'web_data'))).toBeUndefined()
})

it('says what stays, and deletes that later', async () => {
  const place = (await trash.put(join(folder, 'web_data'))) ?? ''
  const mounted = join(place, 'data/deep')
  expect(await run(['mount', '-t', 'tmpfs', 'tmpfs', mounted])).toMatchObject({ exitCode: 0 })
  try {
    await writeFile(join(mounted, 'of somebody else'), '')
    for (const once of [() => trash.remove(place), () => trash.empty()]) {
      await expect(once()).rejects.toMatchObject({
        code: 'VOLUME_KEPT',
        message: expect.stringMatching(/^A volume is removed, but not all that was in it: rm: .*deep/),
        hint: expect.stringContaining(place),
      })
    }
    expect(await readdir(mounted)).toEqual(['of somebody else'])
  } finally {
    await run(['umount', mounted])
  }
  await trash.empty()
  expect(await readdir(folder)).toEqual([])
})

it('leaves volumes alone', async () => {
  await trash.empty()
  expect(await readdir(folder)).toEqual(['web_data'])
  expect(deleteArgv('-rf /')).toEqual(['rm', '--recursive', '--force', '--one-file-system', '--', '-rf /'])
})
