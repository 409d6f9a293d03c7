import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmod,
  chown,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { agentPaths } from '../../../agent/paths.ts'
import { run } from '../../../agent/runtime/exec.ts'
import { copyArgv } from '../../../agent/volume/copy.ts'
import { createVolumes } from '../../../agent/volume/create.ts'
import type { Volumes } from '../../../agent/volume/volumes.ts'
import type { Mount } from '../../../schemas/volume.ts'

let folder: string
let image: string
let volumes: Volumes

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-volumes-'))
  image = join(folder, 'image')
  await mkdir(join(image, 'data/sub'), { recursive: true })
  await writeFile(join(image, 'data/sub/file'), 'from the image')
  await symlink('sub/file', join(image, 'data/link'))
  await chown(join(image, 'data/sub/file'), 33, 34)
  await chmod(join(image, 'data'), 0o750)
  await chown(join(image, 'data'), 33, 34)
  const paths = agentPaths(folder, join(folder, 'run'))
  volumes = createVolumes({ paths, log: { info: () => {}, warn: () => {} } })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const nobody = () => ({ volumes: new Set<string>(), tasks: new Set<string>() })
const home = (name: string) => join(folder, 'volumes', name)
const aMount = (mount: Partial<Mount> = {}): Mount => ({
  type: 'volume',
  source: 'shop_data',
  target: '/data',
  readOnly: false,
  ...mount,
})
const resolve = (mount: Partial<Mount> = {}, external = false) =>
  volumes.resolve(aMount(mount), {
    taskId: 't1',
    specs: [{ name: 'shop_data', external, labels: { a: 'b' } }],
    imageRoot: image,
  })

describe('a named volume', () => {
  it('takes what the image has there when it is new, owners and modes included', async () => {
    const resolved = await resolve({ readOnly: true })
    expect(resolved).toEqual({
      type: 'bind',
      source: join(home('shop_data'), 'data'),
      target: '/data',
      readOnly: true,
    })
    expect((await readdir(resolved.source)).sort()).toEqual(['link', 'sub'])
    expect(await readFile(join(resolved.source, 'link'), 'utf8')).toBe('from the image')
    expect(await stat(join(resolved.source, 'sub/file'))).toMatchObject({ uid: 33, gid: 34 })
    expect(await stat(resolved.source)).toMatchObject({ uid: 33, gid: 34, mode: 0o40750 })
  })

  it('has links, special files and attributes as the image has them', async () => {
    await link(join(image, 'data/sub/file'), join(image, 'data/sub/twin'))
    await run(['mkfifo', '--mode', '604', join(image, 'data/pipe')])
    await run(['mknod', join(image, 'data/null'), 'c', '1', '3'])
    await run(['setcap', 'cap_net_raw+ep', join(image, 'data/sub/file')])
    await utimes(join(image, 'data/sub/file'), 1_000_000, 1_000_000)
    const { source } = await resolve()
    const [file, twin] = await Promise.all(['file', 'twin'].map((name) => stat(join(source, 'sub', name))))
    expect(file).toMatchObject({ ino: twin?.ino, nlink: 2, mtimeMs: 1_000_000_000 })
    expect((await stat(join(source, 'pipe'))).mode).toBe(0o10604)
    expect((await stat(join(source, 'null'))).rdev).toBe(0x103)
    expect((await run(['getcap', join(source, 'sub/twin')])).stdout).toContain('cap_net_raw=ep')
  })

  it('is filled once, and never again though it is emptied', async () => {
    const { source } = await resolve()
    await rm(join(source, 'sub'), { recursive: true })
    await rm(join(source, 'link'))
    expect(await readdir((await resolve()).source)).toEqual([])
  })

  it('is made once for all who need it at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => resolve()))
    expect(new Set(all.map(({ source }) => source)).size).toBe(1)
    expect((await readdir(home('shop_data'))).sort()).toEqual(['data', 'meta.json'])
  })

  it('is made anew after a crash in the midst of it', async () => {
    await mkdir(join(home('shop_data'), 'data'), { recursive: true })
    await mkdir(join(home('shop_data'), 'data.new-abc/half'), { recursive: true })
    expect((await readdir((await resolve()).source)).sort()).toEqual(['link', 'sub'])
    expect((await readdir(home('shop_data'))).sort()).toEqual(['data', 'meta.json'])
  })

  it.each([
    ['when the volume is made', () => resolve()],
    ['though nobody wants the volume any more', () => volumes.release(nobody)],
  ])('ends the copy of an agent that was killed, %s', async (_, act) => {
    const half = join(home('shop_data'), 'data.new-abc')
    await mkdir(half, { recursive: true })
    await Promise.all(Array.from({ length: 500 }, (_, n) => writeFile(join(image, `data/sub/${n}`), '')))
    const [command, ...args] = copyArgv(join(image, 'data'), half)
    const copy = spawn(command, args)
    copy.kill('SIGSTOP')
    const ended = once(copy, 'exit')
    await act()
    expect(await ended).toEqual([null, 'SIGKILL'])
    expect(await readdir(home('shop_data'))).not.toContain('data.new-abc')
  })

  it('is filled on the disk that somebody has mounted there, and again when that was cut short', async () => {
    const data = join(home('shop_data'), 'data')
    await mkdir(data, { recursive: true })
    await run(['mount', '-t', 'tmpfs', 'tmpfs', data])
    try {
      await resolve()
      expect((await readdir(data)).sort()).toEqual(['link', 'sub'])
      expect((await readdir(home('shop_data'))).sort()).toEqual(['data', 'meta.json'])
      const file = join(home('shop_data'), 'meta.json')
      await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), filling: true }))
      await writeFile(join(data, 'sub/file'), 'ha')
      await resolve()
      expect(await readFile(join(data, 'sub/file'), 'utf8')).toBe('from the image')
    } finally {
      await run(['umount', data])
    }
  })

  it('is filled where a link leads, once, and not when there is something', async () => {
    const [empty, full] = [join(folder, 'empty'), join(folder, 'full')]
    await mkdir(empty)
    await mkdir(join(full, 'mine'), { recursive: true })
    for (const [name, target] of Object.entries({ a: empty, b: full })) {
      await mkdir(home(name), { recursive: true })
      await symlink(target, join(home(name), 'data'))
      await resolve({ source: name })
    }
    expect((await readdir(empty)).sort()).toEqual(['link', 'sub'])
    expect(await readdir(full)).toEqual(['mine'])
  })

  it.each([
    ['a link that leads nowhere', (data: string) => symlink('nowhere', data)],
    ['no folder', (data: string) => writeFile(data, '')],
  ])('whose place is %s is not made, and that is said', async (what, make) => {
    const data = join(home('shop_data'), 'data')
    await mkdir(home('shop_data'), { recursive: true })
    await make(data)
    await expect(resolve()).rejects.toMatchObject({ code: 'MOUNT_FAILED', message: `${data} is ${what}.` })
    expect(await readdir(home('shop_data'))).toEqual(['data'])
  })

  it('keeps what somebody has put there before', async () => {
    await mkdir(join(home('shop_data'), 'data/mine'), { recursive: true })
    expect(await readdir((await resolve()).source)).toEqual(['mine'])
  })

  it('is empty where the image has nothing, or no folder', async () => {
    expect(await readdir((await resolve({ source: 'a', target: '/nowhere' })).source)).toEqual([])
    expect(await readdir((await resolve({ source: 'b', target: '/data/sub/file' })).source)).toEqual([])
  })

  it('takes nothing from outside the image', async () => {
    await mkdir(join(folder, 'outside'))
    await writeFile(join(folder, 'outside/secret'), '')
    await symlink(join(folder, 'outside'), join(image, 'absolute'))
    await symlink('../outside', join(image, 'relative'))
    expect(await readdir((await resolve({ source: 'a', target: '/absolute' })).source)).toEqual([])
    expect(await readdir((await resolve({ source: 'b', target: '/relative' })).source)).toEqual([])
  })

  it.each(['../up', 'a/b', '..', '.hidden', 'a\0b', 'x'.repeat(256)])('is not called %j', async (source) => {
    await expect(resolve({ source })).rejects.toMatchObject({ code: 'MOUNT_FAILED' })
    await expect(volumes.remove(source)).rejects.toMatchObject({ code: 'MOUNT_FAILED' })
  })

  it('that is external must be there', async () => {
    await expect(resolve({}, true)).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      message: 'The external volume shop_data is not on this host.',
      hint: expect.stringContaining(`mkdir -p ${home('shop_data')}/data`),
    })
    expect(await volumes.list()).toEqual([])
    await mkdir(join(home('shop_data'), 'data'), { recursive: true })
    await expect(resolve({}, true)).resolves.toMatchObject({ source: join(home('shop_data'), 'data') })
  })

  it('is listed, and removed by name', async () => {
    await resolve({ source: 'b' })
    await resolve({ source: 'a' })
    await mkdir(home('half-made'))
    expect(await volumes.list()).toEqual(['a', 'b'])
    await volumes.remove('a')
    await volumes.remove('a')
    expect(await volumes.list()).toEqual(['b'])
    expect((await readdir(join(folder, 'volumes'))).sort()).toEqual(['b', 'half-made'])
  })

  it('notes what it is for', async () => {
    await resolve()
    const meta = JSON.parse(await readFile(join(home('shop_data'), 'meta.json'), 'utf8'))
    expect(meta).toMatchObject({ name: 'shop_data', labels: { a: 'b' }, external: false })
  })

  it('is not there before the first', async () => {
    expect(await volumes.list()).toEqual([])
  })
})

describe('a bind mount', () => {
  it('is a path of the host, file or folder', async () => {
    const source = join(image, 'data/sub/file')
    expect(await resolve({ type: 'bind', source })).toEqual({
      type: 'bind',
      source,
      target: '/data',
      readOnly: false,
    })
  })

  it('of a path that is missing is an error that names it', async () => {
    const source = join(folder, 'missing/folder')
    await expect(resolve({ type: 'bind', source })).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      message: `${source}, to be mounted at /data, is not on this host.`,
      hint: expect.stringContaining(`mkdir -p ${source}`),
    })
  })

  it('makes the folder when it may', async () => {
    const source = join(folder, 'missing/folder')
    await resolve({ type: 'bind', source, createHostPath: true })
    expect((await stat(source)).isDirectory()).toBe(true)
  })

  it('below a file is an error', async () => {
    const source = join(image, 'data/sub/file/below')
    await expect(resolve({ type: 'bind', source })).rejects.toMatchObject({ code: 'MOUNT_FAILED' })
    await expect(resolve({ type: 'bind', source, createHostPath: true })).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
    })
  })

  it.each(['/proc/nowhere', '/proc/nowhere/below'])(
    '%s, where the kernel makes none, is an error and no endless try',
    async (source) => {
      await expect(resolve({ type: 'bind', source, createHostPath: true })).rejects.toMatchObject({
        code: 'MOUNT_FAILED',
        message: expect.stringMatching(/^\/proc\/nowhere.*, to be mounted at \/data, cannot be made: ENOENT/),
      })
    },
  )

  it('must be absolute', async () => {
    await expect(resolve({ type: 'bind', source: 'etc' })).rejects.toMatchObject({ code: 'MOUNT_FAILED' })
  })
})

describe('a tmpfs', () => {
  it('needs nothing of the host', async () => {
    expect(await resolve({ type: 'tmpfs', source: '', size: 4096, mode: 0o700 })).toEqual({
      type: 'tmpfs',
      source: '',
      target: '/data',
      readOnly: false,
      size: 4096,
      mode: 0o700,
    })
  })
})

describe('command lines', () => {
  it('copy a folder onto another', () => {
    expect(copyArgv('/i/data', '/v/data.new').join(' ')).toBe(
      'cp --archive --no-target-directory /i/data/. /v/data.new',
    )
  })
})
