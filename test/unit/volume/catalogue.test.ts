import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseMounts } from '../../../agent/mountinfo.ts'
import { agentPaths, type Paths } from '../../../agent/paths.ts'
import { type Catalogue, listVolumes, removeVolume } from '../../../agent/volume/catalogue.ts'
import { createVolumes } from '../../../agent/volume/create.ts'
import { volumesIn } from '../../../agent/volume/holders.ts'
import { duArgv, parseDu } from '../../../agent/volume/sizes.ts'
import type { Volumes } from '../../../agent/volume/volumes.ts'
import type { Mount, VolumeSpec } from '../../../schemas/volume.ts'
import { aContainer } from '../../support/builders.ts'
import { aLog, aTask } from '../../support/jobs.ts'

let folder: string
let paths: Paths
let volumes: Volumes
let catalogue: Catalogue
let known: ReturnType<Catalogue['known']>
let containers: { id: string; pid: number }[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-catalogue-'))
  await mkdir(join(folder, 'image/data'), { recursive: true })
  paths = agentPaths(folder, join(folder, 'run'))
  volumes = createVolumes({ paths, log: aLog() })
  known = []
  containers = []
  const runtime = { list: async () => containers }
  const uses = { of: () => ({ stack: 'web', unusedSince: '2026-01-01T00:00:00.000Z' }) }
  catalogue = { paths, runtime, known: () => known, uses, volumes }
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const mountOf = (source: string): Mount => ({ type: 'volume', source, target: '/data', readOnly: false })
const home = (name: string) => join(folder, 'volumes', name)
const data = (name: string) => join(home(name), 'data')

function make(name: string, spec: Partial<VolumeSpec> = {}, taskId = 't1') {
  const specs = [{ name, external: false, labels: {}, ...spec }]
  return volumes.resolve(mountOf(name), { taskId, specs, imageRoot: join(folder, 'image') })
}

const mountedBy = (id: string, name: string) => ({
  task: aTask(id, { container: aContainer({ mounts: [mountOf(name)] }) }),
  mounts: [],
})
/** A container that no journal knows, as far as its files tell; its process has ended. */
async function aStray(id: string, ...sources: string[]): Promise<void> {
  containers = [{ id, pid: 0 }]
  await mkdir(paths.taskRun(id), { recursive: true })
  const annotations = { 'setpoint.stack': 'web', 'setpoint.service': 'db', 'setpoint.slot': '2' }
  const mounts = [{ destination: '/proc' }, ...sources.map((source) => ({ source }))]
  await writeFile(join(paths.taskRun(id), 'config.json'), JSON.stringify({ annotations, mounts }))
}
const madeAt = async (name: string) =>
  JSON.parse(await readFile(join(home(name), 'meta.json'), 'utf8')).createdAt as string

describe('the volumes of a host', () => {
  it('are told with who uses them, or who was the last to', async () => {
    await make('web_old', { labels: { backup: 'nightly' } })
    await make('web_data')
    known = [mountedBy('t1', 'web_data')]
    expect(await listVolumes(catalogue, false)).toEqual([
      {
        ...{ name: 'web_data', path: data('web_data'), external: false, labels: {}, stack: 'web' },
        usedBy: [{ taskId: 't1', stack: 'web', service: 'app', slot: 1 }],
        createdAt: await madeAt('web_data'),
      },
      {
        ...{ name: 'web_old', path: data('web_old'), external: false, stack: 'web', usedBy: [] },
        labels: { backup: 'nightly' },
        unusedSince: '2026-01-01T00:00:00.000Z',
        createdAt: await madeAt('web_old'),
      },
    ])
  })

  it('are told without passwords, and without what no task has made', async () => {
    await mkdir(home('nas'), { recursive: true })
    const driverOpts = { type: 'cifs', device: '//nas/share', o: 'username=a,password=hunter2' }
    const meta = {
      name: 'nas',
      labels: {},
      external: false,
      createdAt: '2026-01-01T00:00:00.000Z',
      driverOpts,
    }
    await writeFile(join(home('nas'), 'meta.json'), JSON.stringify(meta))
    await mkdir(data('by-hand'), { recursive: true })
    const [nas, ...others] = await listVolumes(catalogue, true)
    expect(nas?.driverOpts).toEqual({ ...driverOpts, o: 'username=a,password=…' })
    expect(nas).not.toHaveProperty('size')
    expect(others).toEqual([])
  })

  it('are not said to be used by nobody while a container has them that no journal knows', async () => {
    await make('web_data')
    await aStray('web-db-2-x', data('web_data'))
    const [volume] = await listVolumes(catalogue, false)
    expect(volume?.usedBy).toEqual([{ taskId: 'web-db-2-x', stack: 'web', service: 'db', slot: 2 }])
    expect(volume).not.toHaveProperty('unusedSince')
    known = [{ ...mountedBy('web-db-2-x', 'web_data') }]
    expect((await listVolumes(catalogue, false))[0]?.usedBy).toHaveLength(1)
  })

  it.each([
    ['{}'],
    ['null'],
    ['{"name":"bad","labels":{"a":1},"external":false,"createdAt":"2026-01-01T00:00:00.000Z"}'],
    ['{"name":"bad","labels":{},"external":false}'],
  ])('are told but for one of which %s is known', async (text) => {
    await make('web_data')
    await mkdir(home('bad'))
    await writeFile(join(home('bad'), 'meta.json'), text)
    expect((await listVolumes(catalogue, false)).map(({ name }) => name)).toEqual(['web_data'])
    expect(await volumes.list()).toEqual(['web_data'])
    await removeVolume(catalogue, { name: 'bad', createdAt: '2026-01-01T00:00:00.000Z' })
    expect(await readdir(home('bad'))).toEqual(['meta.json'])
  })

  it('are told, too, where another version has written more of one than is known', async () => {
    const driverOpts = { type: 'nfs', device: 'nas:/', ofTomorrow: 1 }
    const meta = { name: 'later', labels: {}, external: false, createdAt: '2026-01-01T00:00:00.000Z' }
    await mkdir(home('later'), { recursive: true })
    await writeFile(join(home('later'), 'meta.json'), JSON.stringify({ ...meta, driverOpts, ofTomorrow: 1 }))
    expect((await listVolumes(catalogue, false)).map(({ name }) => name)).toEqual(['later'])
  })

  it('are measured when it is asked', async () => {
    await make('web_data')
    await writeFile(join(data('web_data'), 'large'), Buffer.alloc(1_000_000, 'x'))
    const [volume] = await listVolumes(catalogue, true)
    expect(volume?.size).toBeGreaterThanOrEqual(1_000_000)
  })
})

describe('what a process has mounted', () => {
  it.each<[string, string, string[]]>([
    ['the data of a volume', '8:1 /lib/volumes/pg/data /data', ['pg']],
    ['a part of it', '8:1 /lib/volumes/pg/data/a\\040b /b', ['pg']],
    ['what was deleted since', '8:1 /lib/volumes/pg/data//deleted /data', ['pg']],
    ['the folder of all', '8:1 /lib/volumes /volumes', []],
    ['a folder above', '8:1 / /host', []],
    ['a folder beside', '8:1 /lib/volumes2/pg /x', []],
    ['the same path on another device', '8:2 /lib/volumes/pg/data /data', []],
  ])('%s', (_, line, names) => {
    const mounts = parseMounts(`1 2 ${line} rw - ext4 /dev/sda1 rw\n`)
    expect(volumesIn(mounts, { device: '8:1', root: '/lib/volumes' })).toEqual(names)
  })
})

describe('what du says', () => {
  it.each<[string, Record<string, number>]>([
    ['', {}],
    ['4096\t/a\0', { '/a': 4096 }],
    ['4096\t/a b\n\tc\x008192\t/b\0', { '/a b\n\tc': 4096, '/b': 8192 }],
    ['4096\t/a\x0081', { '/a': 4096 }],
  ])('%j', (said, sizes) => {
    expect(Object.fromEntries(parseDu(said))).toEqual(sizes)
  })

  it('is asked by names with zeros between them', () => {
    expect(duArgv()).toContain('--files0-from=-')
  })
})

describe('removing a volume', () => {
  const remove = async (name: string, createdAt?: string) =>
    removeVolume(catalogue, { name, createdAt: createdAt ?? (await madeAt(name)) })

  it('takes all of it away; once more is nothing to do', async () => {
    await make('web_data')
    const createdAt = await madeAt('web_data')
    await remove('web_data')
    await remove('web_data', createdAt)
    expect(await readdir(join(folder, 'volumes'))).toEqual([])
  })

  it('keeps one that was made anew since it was looked at: an order that comes twice', async () => {
    await make('web_data')
    await make('web_data')
    await expect(remove('web_data', '2026-01-01T00:00:00.000Z')).rejects.toMatchObject({
      code: 'VOLUME_KEPT',
      message: 'The volume web_data was made anew since, so it is not removed.',
    })
    expect(await readdir(data('web_data'))).toEqual([])
  })

  it('keeps one that a task has taken up meanwhile, however far that has come', async () => {
    await make('web_data')
    const createdAt = await madeAt('web_data')
    const opening = make('web_data', {}, 't2')
    const removing = remove('web_data', createdAt)
    known = [mountedBy('t2', 'web_data')]
    await expect(removing).rejects.toMatchObject({
      code: 'VOLUME_KEPT',
      message: 'The volume web_data is used by web/app.1, so it is not removed.',
    })
    await opening
    expect(await readdir(home('web_data'))).toEqual(['data', 'meta.json'])
  })

  it('keeps one that a task binds by its path', async () => {
    await make('web_data')
    const bind: Mount = { type: 'bind', source: join(data('web_data'), 'sub'), target: '/b', readOnly: true }
    known = [{ task: aTask('t9', { container: aContainer({ mounts: [bind] }) }), mounts: [] }]
    await expect(remove('web_data')).rejects.toMatchObject({ code: 'VOLUME_KEPT' })
  })

  it.each([
    ['in its folder', () => data('web_data')],
    ['mounted from its device', () => join(paths.run, 'volumes/web_data')],
  ])('keeps one that a container has, %s, which no journal knows', async (_, source) => {
    await make('web_data')
    await aStray('web-db-2-x', source())
    await expect(remove('web_data')).rejects.toMatchObject({
      code: 'VOLUME_KEPT',
      message: 'The volume web_data is used by web/db.2, so it is not removed.',
    })
  })

  it('keeps all of them while it cannot be told which containers there are', async () => {
    await make('web_data')
    catalogue.runtime.list = () => Promise.reject(new Error('EMFILE'))
    await expect(remove('web_data')).rejects.toThrow('EMFILE')
    expect(await readdir(home('web_data'))).toEqual(['data', 'meta.json'])
  })

  it('is not kept from it by a container that has another one, or the folder of all', async () => {
    await make('web_data')
    await aStray('web-db-2-x', data('web_data2'), join(folder, 'volumes'), folder)
    await remove('web_data')
    expect(await readdir(join(folder, 'volumes'))).toEqual([])
  })

  it('gives a task that comes right after it a whole new one', async () => {
    await make('web_data')
    await writeFile(join(data('web_data'), 'old'), '')
    const removing = remove('web_data', await madeAt('web_data'))
    const opening = make('web_data', {}, 't2')
    await Promise.all([removing, opening])
    expect(await readdir(data('web_data'))).toEqual([])
    expect(await readdir(join(folder, 'volumes'))).toEqual(['web_data'])
  })

  it.each([
    ['an external one', async () => void (await make('theirs', { external: true }))],
    ['a folder that no agent has made', async () => {}],
  ])('leaves %s alone', async (_, prepare) => {
    await mkdir(data('theirs'), { recursive: true })
    await writeFile(join(data('theirs'), 'word'), '')
    await prepare()
    await remove('theirs', await madeAt('theirs').catch(() => 'never')).catch(({ code }) =>
      expect(code).toBe('VOLUME_KEPT'),
    )
    expect(await readdir(data('theirs'))).toEqual(['word'])
  })

  it.each(['../tasks', '', '.trash-x'])('takes %j for no name', async (name) => {
    await expect(removeVolume(catalogue, { name, createdAt: '' })).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
    })
  })
})
