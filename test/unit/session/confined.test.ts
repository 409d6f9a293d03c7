import {
  type FileHandle,
  mkdir,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { atPath, entryPath, heldPath } from '../../../agent/session/confined.ts'

let folder: string
let root: FileHandle

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-confined-'))
  const inside = join(folder, 'root')
  await mkdir(join(inside, 'a/b'), { recursive: true })
  await writeFile(join(inside, 'a/b/file'), 'inside')
  await writeFile(join(folder, 'file'), 'outside')
  await symlink('../../../../file', join(inside, 'a/up'))
  await symlink('/a/b', join(inside, 'absolute'))
  await symlink(folder, join(inside, 'out'))
  await symlink('loop', join(inside, 'loop'))
  root = await open(inside, 'r')
})
afterEach(async () => {
  await root.close()
  await rm(folder, { recursive: true })
})

const read = (path: string, followLast = true) =>
  atPath(root, { path, followLast }, async ({ held, name }) =>
    held === undefined
      ? `no ${name}`
      : (await held.stat()).isFile()
        ? readFile(heldPath(held), 'utf8')
        : 'no file',
  )

describe('a path in a root that is not trusted', () => {
  it.each([
    ['/a/b/file', 'inside'],
    ['/a/./b//file/', 'inside'],
    ['/../../a/b/file', 'inside'],
    ['/a/../a/b/file', 'inside'],
    ['/absolute/file', 'inside'],
    ['/absolute/../../a/b/file', 'inside'],
    ['/a/up', 'no file'],
    ['/a/b/new', 'no new'],
    ['/', 'no file'],
    ['/a/..', 'no file'],
  ])('%s', async (path, wanted) => {
    expect(await read(path)).toBe(wanted)
  })

  it.each(['/out/file', '/a/b/file/x', '/loop', '/nope/file'])('%s leads nowhere', async (path) => {
    await expect(read(path)).rejects.toMatchObject({ code: 'COPY_FAILED' })
  })

  it('gives a link at its end as itself when that is asked for', async () => {
    const isLink = atPath(root, { path: '/out', followLast: false }, async ({ held }) =>
      (await held?.stat())?.isSymbolicLink(),
    )
    expect(await isLink).toBe(true)
  })

  it.each(['', '.', '..', 'a/b', 'a\0'])('takes %j for no name', (name) => {
    expect(() => entryPath(root, name)).toThrow(expect.objectContaining({ code: 'COPY_FAILED' }))
  })

  it('stays in a folder that is moved away and replaced by a link meanwhile', async () => {
    const inside = join(folder, 'root')
    await atPath(root, { path: '/a/b', followLast: true }, async ({ held }) => {
      await rename(join(inside, 'a/b'), join(inside, 'moved'))
      await symlink(folder, join(inside, 'a/b'))
      expect(await readFile(entryPath(held as FileHandle, 'file'), 'utf8')).toBe('inside')
    })
  })
})
