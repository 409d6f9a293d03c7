import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseMounts } from '../../agent/mountinfo.ts'
import type { RemovedVolumesDocument, VolumeStatus, VolumesDocument } from '../../schemas/status.ts'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { isConverged, tasksOf } from '../support/stacks.ts'

let host: TestHost

/** With everything, or with `data` alone. */
const stack = (all: boolean, message = 'one', replicas = 1) => `services:
  app:
    image: ${TEST_IMAGE}
    environment: {MESSAGE: ${message}}
    stop_grace_period: 1s
    deploy: {replicas: ${replicas}, update_config: {monitor: 500ms}}
    volumes:
      - data:/data
${all ? '      - old:/old\n      - disk:/disk\n      - theirs:/theirs\n      - /cache' : ''}
volumes:
  data: {labels: {backup: nightly}}
${all ? `  old:\n  disk: {driver_opts: {type: none, device: ${host.folder}/disk, o: bind}}\n  theirs: {external: true, name: theirs}` : ''}
`
const EMPTY = `services:\n  other:\n    image: ${TEST_IMAGE}\n    stop_grace_period: 1s\n`

beforeAll(async () => {
  host = await startHost({ start: false })
  await mkdir(join(host.folder, 'disk'))
  await writeFile(join(host.folder, 'disk/kept'), 'on the device')
  await mkdir(dataOf('theirs'), { recursive: true })
  await host.commit({ 'web/compose.yaml': stack(true), 'other/compose.yaml': EMPTY })
  await host.start()
  await host.until(isConverged(), 60_000)
  await writeFile(join(dataOf('web_data'), 'large'), Buffer.alloc(3_000_000, 'x'))
})
afterAll(() => host?.destroy())

const homeOf = (name: string) => join(host.state, 'agent/volumes', name)
const dataOf = (name: string) => join(homeOf(name), 'data')
const volumesThere = async () => (await readdir(join(host.state, 'agent/volumes'))).sort()

async function list(...args: string[]): Promise<VolumeStatus[]> {
  const { code, json, stderr } = await host.setpoint('volumes', ...args, '--output', 'json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return (json as VolumesDocument).volumes
}

const remove = (...args: string[]) => host.setpoint('volumes', 'rm', ...args)
const users = (volume: VolumeStatus | undefined) =>
  volume?.usedBy.map(({ stack, service }) => `${stack}/${service}`)

it('shows each volume with who uses and who declares it', async () => {
  const volumes = await list()
  const byName = new Map(volumes.map((volume) => [volume.name, volume]))
  expect([...byName.keys()]).toEqual(['theirs', 'web_data', 'web_disk', 'web_old', ''])
  expect(byName.get('web_data')).toMatchObject({
    ...{ stack: 'web', driver: 'local', options: null, external: false, declaredBy: ['web'], size: null },
    ...{ labels: { backup: 'nightly' }, path: dataOf('web_data'), unusedSince: null },
  })
  expect(byName.get('web_disk')?.options).toEqual({ type: 'none', device: `${host.folder}/disk`, o: 'bind' })
  expect(byName.get('theirs')).toMatchObject({ external: true, declaredBy: ['web'] })
  expect(byName.get('')).toMatchObject({ anonymous: true, target: '/cache', stack: 'web' })
  for (const volume of volumes) expect(users(volume)).toEqual(['web/app'])
  expect(await list('other')).toEqual([])
  expect(await list('--unused')).toEqual([])
})

it('measures them when it is asked, but nothing on a device', async () => {
  const sizes = new Map((await list('web', '--size')).map(({ name, size }) => [name, size]))
  expect(sizes.get('web_data')).toBeGreaterThan(3_000_000)
  expect(sizes.get('web_old')).toBeLessThan(100_000)
  expect(sizes.get('web_disk')).toBeNull()
})

it('keeps what a stack declares and a task uses, and says who', async () => {
  const { code, stderr } = await remove('web_old', 'web_data')
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(
      /^setpoint: The volume web_old on \S+ is declared by web and used by web\/app\.1, so it is not removed\.\n {2}Take it, or /,
    ),
  })
  const external = await remove('theirs')
  expect(external).toMatchObject({ code: 2, stderr: expect.stringContaining('theirs on') })
  expect(external.stderr).toContain('is external')
  expect(await volumesThere()).toEqual(['theirs', 'web_data', 'web_disk', 'web_old'])
  expect(await remove('web_data', '--host', 'nowhere')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no host nowhere'),
  })
  expect(await host.setpoint('volumes', 'nothing')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no stack nothing'),
  })
})

it('removes by name what is not used any more, and not what is on its device', async () => {
  await host.until(isConverged(await host.commit({ 'web/compose.yaml': stack(false, 'two') }), 'web'))
  const unused = await list('--unused')
  expect(unused.map(({ name, stack, usedBy }) => ({ name, stack, usedBy }))).toEqual(
    ['web_disk', 'web_old'].map((name) => ({ name, stack: 'web', usedBy: [] })),
  )
  for (const { unusedSince } of unused) expect(unusedSince).not.toBeNull()

  const both = await remove('web_old', 'web_data')
  expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('web_data') })
  expect(await volumesThere()).toContain('web_old')

  const { code, json } = await remove('web_disk', 'web_old', 'web_old', '--output', 'json')
  expect(code).toBe(0)
  expect((json as RemovedVolumesDocument).removed.map(({ name }) => name)).toEqual(['web_disk', 'web_old'])
  expect(await volumesThere()).toEqual(['theirs', 'web_data'])
  const mounts = parseMounts(await host.run('cat', '/proc/self/mountinfo'))
  expect(mounts.filter(({ target }) => target.endsWith('/volumes/web_disk'))).toEqual([])
  expect(await readFile(join(host.folder, 'disk/kept'), 'utf8')).toBe('on the device')
  expect((await host.setpoint('events', 'web')).stdout).toMatch(
    /VolumeRemoved +volume web_old is removed from/,
  )
})

it('has nothing to do for what is not there', async () => {
  const { code, stdout } = await remove('web_old')
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'web_old is on no host: nothing to remove.\n' })
})

it('removes the volume of a stack that is gone, which then begins anew', async () => {
  await host.commit({ 'web/compose.yaml': null })
  await host.until(({ stacks }) => stacks.every(({ name }) => name !== 'web'))
  expect((await list('web')).map(({ name }) => name)).toEqual(['theirs', 'web_data'])
  expect(await remove('web_data')).toMatchObject({ code: 0, stderr: '' })
  expect(await volumesThere()).toEqual(['theirs'])
  await host.until(isConverged(await host.commit({ 'web/compose.yaml': stack(false) }), 'web'))
  expect(await readdir(dataOf('web_data'))).toEqual([])
})

it('keeps the volume of a container that nobody knows any more: its journal is damaged, its stack is gone', async () => {
  await mkdir(join(dataOf('web_data'), 'part'))
  const part = stack(false).replace(
    '- data:/data',
    '- {type: volume, source: data, target: /data, volume: {subpath: part}}',
  )
  const status = await host.until(isConverged(await host.commit({ 'web/compose.yaml': part }), 'web'))
  const [task] = tasksOf(status)
  await host.stop()
  await writeFile(join(host.state, 'agent/tasks', task?.id ?? '', 'task.json'), '{')
  await rm(join(host.state, 'controller/stacks'), { recursive: true })
  await host.commit({ 'web/compose.yaml': null })
  await host.start()
  await host.until(isConverged(undefined, 'other'), 60_000)

  expect(users((await list()).find(({ name }) => name === 'web_data'))).toEqual(['web/app'])
  const { code, stderr } = await remove('web_data')
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('used by web/app.1') })
  await host.run('touch', `/proc/${task?.pid}/root/data/written`)
  expect(await readdir(join(dataOf('web_data'), 'part'))).toEqual(['written'])
})

it('removes nothing while nobody knows what the sources declare', async () => {
  await host.until(isConverged(await host.commit({ 'web/compose.yaml': stack(false, 'one', 0) }), 'web'))
  await host.stop()
  for (const lost of ['stacks', 'git']) {
    await rm(join(host.state, 'controller', lost), { recursive: true, force: true })
  }
  await rename(host.repository.path, `${host.repository.path}.away`)
  await host.start()
  await host.until(({ hosts }) => hosts.length > 0)
  for (const args of [
    ['volumes', 'rm', 'web_data'],
    ['volumes', '--unused'],
  ]) {
    const { code, stderr } = await host.setpoint(...args)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('was not read since') })
  }
  expect(await volumesThere()).toContain('web_data')
  await rename(`${host.repository.path}.away`, host.repository.path)
  await host.until(isConverged(await host.repository.git('rev-parse', 'HEAD'), 'web'))
})
