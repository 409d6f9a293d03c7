import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openInVolume, pathOf } from '../../../agent/volume/subpath.ts'

let folder: string
let volume: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-subpath-'))
  volume = join(folder, 'volume')
  await mkdir(join(volume, 'a/b'), { recursive: true })
  await mkdir(join(folder, 'outside'))
  await writeFile(join(volume, 'a/b/word'), 'inside')
  await writeFile(join(folder, 'outside/word'), 'outside')
  const links = {
    near: 'a/b',
    'a/up': '../a/b',
    absolute: '/etc',
    out: '../outside',
    'a/far': '../../outside',
    loop: 'loop',
    gone: 'nowhere',
  }
  for (const [name, target] of Object.entries(links)) await symlink(target, join(volume, name))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function wordIn(path: string): Promise<string> {
  const handle = await openInVolume(volume, path, 'shop_data')
  try {
    const isFolder = (await handle.stat()).isDirectory()
    return await readFile(isFolder ? `${pathOf(handle)}/word` : pathOf(handle), 'utf8')
  } finally {
    await handle.close()
  }
}

it.each(['a/b', 'a//b/', './a/b/word', 'near', 'near/word', 'a/up/word'])('opens %s', async (path) => {
  expect(await wordIn(path)).toBe('inside')
})

it.each(['absolute', 'out', 'out/word', 'a/far', 'loop', 'near/../../../outside'])(
  '%s leads out, and is refused',
  async (path) => {
    await expect(wordIn(path)).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      message: `${path} leads out of the volume shop_data, by a symbolic link.`,
    })
  },
)

it.each(['nowhere', 'a/b/nowhere', 'gone', 'a/b/word/below'])('%s is missing', async (path) => {
  await expect(wordIn(path)).rejects.toMatchObject({
    code: 'MOUNT_FAILED',
    message: `The volume shop_data has no ${path}, which is to be mounted alone.`,
  })
})

it('what was opened stays it, whatever takes its place', async () => {
  const handle = await openInVolume(volume, 'a/b', 'shop_data')
  await rename(join(volume, 'a/b'), join(volume, 'a/old'))
  await symlink('../../outside', join(volume, 'a/b'))
  expect(await readFile(`${pathOf(handle)}/word`, 'utf8')).toBe('inside')
  await handle.close()
})
