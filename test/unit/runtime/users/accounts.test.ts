import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readInRoot, resolveInRoot } from '../../../../agent/runtime/in-root.ts'
import { parseGroup, parsePasswd, resolveUser, userOf } from '../../../../agent/runtime/users/accounts.ts'

const accounts = parsePasswd(
  'root:x:0:0::/root:/bin/sh\n# note\nweb:x:33:34::/:\n1500:x:7:8::/:\nbroken:x:a:b\n',
)
const groups = parseGroup('root:x:0:\nwww:x:34:\nmedia:x:50:web,other\nadm:x:4:root\n')

describe('the user of a container', () => {
  it.each([
    [undefined, { uid: 0, gid: 0, additionalGids: [4] }],
    ['', { uid: 0, gid: 0, additionalGids: [4] }],
    ['web', { uid: 33, gid: 34, additionalGids: [50] }],
    ['33', { uid: 33, gid: 34, additionalGids: [50] }],
    ['web:media', { uid: 33, gid: 50, additionalGids: [] }],
    ['web:1234', { uid: 33, gid: 1234, additionalGids: [] }],
    ['9999', { uid: 9999, gid: 0, additionalGids: [] }],
    ['9999:9998', { uid: 9999, gid: 9998, additionalGids: [] }],
    ['1500', { uid: 7, gid: 8, additionalGids: [] }],
    [':media', { uid: 0, gid: 50, additionalGids: [] }],
  ])('%j', (user, expected) => {
    expect(resolveUser(user, accounts, groups)).toEqual(expected)
  })

  it.each([
    ['nobody', 'The image has no user nobody in its /etc/passwd.'],
    ['web:nogroup', 'The image has no group nogroup in its /etc/group.'],
    ['99999999999', 'The image has no user 99999999999 in its /etc/passwd.'],
    ['-1', 'The image has no user -1 in its /etc/passwd.'],
    ['broken', 'The image has no user broken in its /etc/passwd.'],
    ['web\n', '"web\\n" is no name of a user.'],
    ['web:media\nroot', '"web:media\\nroot" is no name of a user.'],
  ])('%j is an error', (user, message) => {
    expect(() => resolveUser(user, accounts, groups)).toThrow(message)
  })
})

describe('a path in an image', () => {
  let folder: string
  let root: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'setpoint-root-'))
    root = join(folder, 'image')
    await mkdir(join(root, 'etc'), { recursive: true })
    await mkdir(join(root, 'usr/share'), { recursive: true })
    await writeFile(join(folder, 'secret'), 'secret:x:1:1\n')
    await writeFile(join(root, 'usr/share/passwd'), 'inner:x:5:6\n')
    await symlink('/usr/share', join(root, 'link'))
    await symlink('../../../../../usr/share/passwd', join(root, 'etc/passwd'))
    await symlink(join(folder, 'secret'), join(root, 'etc/absolute'))
    await symlink('../../secret', join(root, 'etc/relative'))
    await symlink('loop', join(root, 'loop'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each([
    ['/link/passwd', 'usr/share/passwd'],
    ['/etc/passwd', 'usr/share/passwd'],
    ['/link/../../..', ''],
    ['/not/there/../here', 'not/here'],
    ['', ''],
  ])('%s is %s', async (path, expected) => {
    expect(await resolveInRoot(root, path)).toBe(join(root, expected))
  })

  it.each(['/etc/absolute', '/etc/relative'])('%s does not lead out of it', async (path) => {
    expect(await readInRoot(root, path, 1000)).toBeUndefined()
  })

  it('must not go round in a circle', async () => {
    await expect(resolveInRoot(root, '/loop')).rejects.toThrow('too many symbolic links')
  })

  it('is read when it is a file of a sensible size', async () => {
    expect(await readInRoot(root, '/etc/passwd', 1000)).toBe('inner:x:5:6\n')
    await expect(readInRoot(root, '/etc/passwd', 3)).rejects.toThrow("The image's /etc/passwd has 12 bytes")
    expect(await readInRoot(root, '/etc', 1000)).toBeUndefined()
    expect(await readInRoot(root, '/etc/passwd/x', 1000)).toBeUndefined()
  })

  it('is where users are looked up', async () => {
    expect(await userOf('inner', root)).toEqual({ uid: 5, gid: 6, additionalGids: [] })
    await expect(userOf('secret', root)).rejects.toThrow('no user secret')
    expect(await userOf('12:13', join(folder, 'empty'))).toEqual({ uid: 12, gid: 13, additionalGids: [] })
  })

  it('is where users are looked up among very many, or not at all', async () => {
    const many = join(folder, 'many')
    await mkdir(join(many, 'etc'), { recursive: true })
    const line = (id: number) => `user${id}:x:${id}:${id + 1}::/home:/bin/sh\n`
    const text = Array.from({ length: 50_000 }, (_, id) => line(id)).join('')
    await writeFile(join(many, 'etc/passwd'), text)
    expect(await userOf('49999', many)).toEqual({ uid: 49_999, gid: 50_000, additionalGids: [] })
    await writeFile(join(many, 'etc/passwd'), text.repeat(3))
    await expect(userOf('49999', many)).rejects.toMatchObject({
      code: 'RUNTIME_FAILED',
      message: expect.stringContaining('/etc/passwd has'),
    })
  })
})
