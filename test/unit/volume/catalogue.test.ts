import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { agentPaths, type Paths } from '../../../agent/paths.ts'
import { type Catalogue, listVolumes, removeVolume } from '../../../agent/volume/catalogue.ts'
import { createVolumes } from '../../../agent/volume/local-volumes.ts'
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

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-catalogue-'))
  await mkdir(join(folder, 'image/data'), { recursive: true })
  paths = agentPaths(folder, join(folder, 'run'))
  volumes = createVolumes({ paths, log: aLog() })
  known = []
  const uses = { of: () => ({ stack: 'web', unusedSince: '2026-01-01T00:00:00.000Z' }) }
  catalogue = { paths, known: () => known, uses, volumes }
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

  it('are measured when it is asked', async () => {
    await make('web_data')
    await writeFile(join(data('web_data'), 'large'), Buffer.alloc(1_000_000, 'x'))
    const [volume] = await listVolumes(catalogue, true)
    expect(volume?.size).toBeGreaterThanOrEqual(1_000_000)
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
