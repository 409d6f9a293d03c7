import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readMounts } from '../../../agent/mountinfo.ts'
import { agentPaths } from '../../../agent/paths.ts'
import { run } from '../../../agent/runtime/exec.ts'
import { createVolumes } from '../../../agent/volume/create.ts'
import { mountAt } from '../../../agent/volume/mounted.ts'
import type { Volumes } from '../../../agent/volume/volumes.ts'
import type { DriverOptions, Mount, VolumeSpec } from '../../../schemas/volume.ts'

let folder: string
let image: string
let device: string
let volumes: Volumes
let logged: string[]

const open = () => {
  const note = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`)
  return createVolumes({ paths: agentPaths(folder, join(folder, 'run')), log: { info: note, warn: note } })
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-mounted-'))
  image = join(folder, 'image')
  device = join(folder, 'device')
  await mkdir(join(image, 'data/sub'), { recursive: true })
  await writeFile(join(image, 'data/sub/file'), 'from the image')
  await mkdir(device)
  logged = []
  volumes = open()
})
afterEach(async () => {
  await volumes.release(nobody)
  const left = (await readMounts()).filter(({ target }) => target.startsWith(folder))
  for (const { target } of left) await run(['umount', '--lazy', target])
  await rm(folder, { recursive: true, force: true })
  expect(left).toEqual([])
})

const TMPFS: DriverOptions = { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,uid=33' }
const bindOf = (path: string, o = 'bind'): DriverOptions => ({ type: 'none', device: path, o })
const place = () => join(folder, 'run/volumes/data')
const nobody = () => ({ volumes: new Set<string>(), tasks: new Set<string>() })
const resolve = (driverOpts: DriverOptions | undefined, mount: Partial<Mount> = {}, taskId = 't1') => {
  const spec: VolumeSpec = { name: 'data', external: false, labels: {}, ...(driverOpts && { driverOpts }) }
  const whole: Mount = { type: 'volume', source: 'data', target: '/data', readOnly: false, ...mount }
  return volumes.resolve(whole, { taskId, specs: [spec], imageRoot: image })
}

describe('a volume with driver_opts', () => {
  it('is mounted once for all tasks, with its options', async () => {
    const all = await Promise.all(['t1', 't2', 't3'].map((id) => resolve(TMPFS, {}, id)))
    expect(new Set(all.map(({ source }) => source))).toEqual(new Set([place()]))
    const mounts = (await readMounts()).filter(({ target }) => target === place())
    expect(mounts).toHaveLength(1)
    expect(mounts[0]).toMatchObject({ type: 'tmpfs' })
    expect(mounts[0]?.options).toEqual(expect.arrayContaining(['size=1024k', 'uid=33']))
  })

  it('takes what the image has when it is empty, and its own content stays', async () => {
    await resolve(bindOf(device))
    expect(await readFile(join(device, 'sub/file'), 'utf8')).toBe('from the image')
    await writeFile(join(device, 'sub/file'), 'changed')
    await volumes.release(nobody)
    await resolve(bindOf(device))
    expect(await readFile(join(device, 'sub/file'), 'utf8')).toBe('changed')
  })

  it('stays empty with nocopy, and where it is read-only', async () => {
    await resolve(bindOf(device), { noCopy: true })
    expect(await readdir(device)).toEqual([])
    await volumes.release(nobody)
    await volumes.remove('data')
    await resolve(bindOf(device, 'bind,ro'))
    expect(await mountAt(place())).toMatchObject({ readOnly: true })
    expect(await readdir(device)).toEqual([])
  })

  it('is filled anew after a crash in the midst of it', async () => {
    await resolve(bindOf(device))
    const file = join(folder, 'volumes/data/meta.json')
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), filling: true }))
    await writeFile(join(device, 'sub/file'), 'ha')
    volumes = open()
    await resolve(bindOf(device))
    expect(await readFile(join(device, 'sub/file'), 'utf8')).toBe('from the image')
    expect(JSON.parse(await readFile(file, 'utf8'))).not.toHaveProperty('filling')
  })

  it('is filled by the next agent when one was killed before it could begin to', async () => {
    await mkdir(place(), { recursive: true })
    await run(['mount', '--bind', device, place()]) // what is there when the agent is killed right after `mount`
    await resolve(bindOf(device))
    expect(await readFile(join(device, 'sub/file'), 'utf8')).toBe('from the image')
  })

  it('is found mounted by the next agent, and mounted again after a reboot', async () => {
    await resolve(TMPFS)
    const before = await mountAt(place())
    volumes = open()
    await resolve(TMPFS)
    expect(await mountAt(place())).toEqual(before)
    await run(['umount', place()])
    await resolve(TMPFS)
    expect((await mountAt(place()))?.type).toBe('tmpfs')
  })

  it('that somebody has unmounted is told of before a container starts', async () => {
    const mounts = await Promise.all([resolve(TMPFS), resolve(undefined, { type: 'tmpfs', source: '' })])
    await volumes.check(mounts)
    await run(['umount', place()])
    await expect(volumes.check(mounts)).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      message: `${place()} was unmounted by somebody.`,
    })
  })

  it('is unmounted when no task needs it, and not before; what is in it stays', async () => {
    await resolve(bindOf(device))
    await volumes.release(() => ({ volumes: new Set(['data']), tasks: new Set() }))
    expect(await mountAt(place())).toBeDefined()
    await volumes.release(nobody)
    expect(await mountAt(place())).toBeUndefined()
    await expect(lstat(place())).rejects.toThrow('ENOENT')
    expect(await readdir(device)).toEqual(['sub'])
  })

  it('is removed without what is on its device', async () => {
    await resolve(bindOf(device))
    expect(await volumes.list()).toEqual(['data'])
    await volumes.remove('data')
    expect(await volumes.list()).toEqual([])
    expect(await readdir(device)).toEqual(['sub'])
    expect(await mountAt(place())).toBeUndefined()
  })

  it.each<[string, DriverOptions | undefined]>([
    ['o differs', { ...TMPFS, o: 'size=2m,password=hunter2' }],
    ['type, device, o differ', undefined],
    ['type, device differ', { ...TMPFS, type: 'ramfs', device: 'x' }],
  ])('keeps the options that it was made with: %s', async (differing, other) => {
    await resolve(TMPFS)
    const error = await resolve(other).catch((caught) => caught)
    expect(error).toMatchObject({
      code: 'MOUNT_FAILED',
      message: `The volume data is on this host with other driver_opts: ${differing}. It is left as it is.`,
      hint: expect.stringContaining('another key or name'),
    })
    expect(JSON.stringify(error.facts())).not.toContain('hunter2')
  })

  it('that the kernel does not know is told with what to do, without its password', async () => {
    const options = { type: 'cifs', device: '//127.0.0.1/share', o: 'username=me,password=hunter2' }
    const error = await resolve(options).catch((caught) => caught)
    expect(error).toMatchObject({
      code: 'MOUNT_FAILED',
      message: expect.stringContaining('The volume data cannot be mounted: '),
    })
    expect(JSON.stringify(error.facts()) + logged.join()).not.toContain('hunter2')
    expect(await readdir(join(folder, 'run'))).toEqual(['volumes'])
    expect(await volumes.list()).toEqual([])
  })

  it('whose device is missing is told with what to do', async () => {
    await expect(resolve(bindOf(join(folder, 'nowhere')))).rejects.toMatchObject({
      message: expect.stringContaining('does not exist'),
      hint: `Make ${folder}/nowhere on the host first.`,
    })
  })
})

describe('a part of a volume', () => {
  it('is held in place for its task, and let go with it', async () => {
    const { source } = await resolve(undefined, { subpath: 'sub' })
    expect(await readFile(join(source, 'file'), 'utf8')).toBe('from the image')
    await rm(join(folder, 'volumes/data/data/sub'), { recursive: true })
    await mkdir(join(folder, 'volumes/data/data/sub'))
    expect((await resolve(undefined, { subpath: 'sub' })).source).toBe(source)
    expect(await readdir(source)).toEqual([])
    await volumes.release(() => ({ volumes: new Set(), tasks: new Set(['t1']) }))
    expect(await mountAt(source)).toBeDefined()
    await volumes.release(nobody)
    expect(await mountAt(source)).toBeUndefined()
    expect(await readdir(join(folder, 'run/held'))).toEqual([])
  })

  it('may be a file', async () => {
    const { source } = await resolve(undefined, { subpath: 'sub/file' })
    expect((await stat(source)).isFile()).toBe(true)
    expect(await readFile(source, 'utf8')).toBe('from the image')
    await volumes.release(nobody)
    expect(await readFile(join(folder, 'volumes/data/data/sub/file'), 'utf8')).toBe('from the image')
  })
})

describe('a bind mount without what is mounted below', () => {
  it('is held in place without it', async () => {
    const below = join(device, 'disk')
    await mkdir(below)
    await run(['mount', '-t', 'tmpfs', 'tmpfs', below])
    try {
      await writeFile(join(below, 'word'), '')
      const { source } = await resolve(undefined, { type: 'bind', source: device, recursive: 'disabled' })
      expect(await readdir(join(source, 'disk'))).toEqual([])
    } finally {
      await run(['umount', below])
    }
  })
})

describe('a volume without a name', () => {
  const anonymous = { source: '' }

  it("is the task's own, with what the image has", async () => {
    const [one, other] = await Promise.all(['t1', 't2'].map((id) => resolve(undefined, anonymous, id)))
    expect(one?.source).not.toBe(other?.source)
    expect(await readFile(join(one?.source ?? '', 'sub/file'), 'utf8')).toBe('from the image')
    expect(one?.source.startsWith(join(folder, 'tasks/t1/'))).toBe(true)
    expect(await volumes.list()).toEqual([])
  })

  it('keeps what was written there', async () => {
    const { source } = await resolve(undefined, anonymous)
    await rm(join(source, 'sub'), { recursive: true })
    volumes = open()
    expect(await readdir((await resolve(undefined, anonymous)).source)).toEqual([])
  })
})

describe('removing a volume', () => {
  it('does not empty a disk that is mounted in it', async () => {
    const { source } = await resolve(undefined)
    await run(['mount', '--bind', device, source])
    try {
      await writeFile(join(device, 'precious'), '')
      await expect(volumes.remove('data')).rejects.toMatchObject({ hint: expect.stringContaining('umount') })
      expect(await readdir(device)).toEqual(['precious'])
    } finally {
      await run(['umount', source])
    }
  })
})
