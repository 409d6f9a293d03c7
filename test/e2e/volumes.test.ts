import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseMounts } from '../../agent/mountinfo.ts'
import type { StatusDocument } from '../../schemas/status.ts'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { mountSilent } from '../support/silent-mount.ts'
import { hasOutcome, isConverged, stackOf } from '../support/stacks.ts'

/** Declares /seeded and /data/below to be volumes, with a file in the first. */
const SEEDED = 'localhost/test/seeded:1'
const MAKE_SEEDED = `set -e
c=$(buildah from --pull-never ${TEST_IMAGE})
echo 'from the image' > "$1/seed"
buildah copy -q --chown 33:34 "$c" "$1/seed" /seeded/seed >/dev/null
buildah config --volume /seeded --volume /data/below "$c"
buildah commit -q "$c" ${SEEDED} >/dev/null
buildah rm "$c" >/dev/null`

let host: TestHost

const service = (image: string, lines: string[], message = 'one') =>
  [
    `    image: ${image}`,
    `    environment: {MESSAGE: ${message}}`,
    '    stop_grace_period: 1s',
    '    deploy: {update_config: {monitor: 500ms}}',
    ...lines,
  ].join('\n')

const stack = ({ message = 'one', opts = 'size=1m', reader = true } = {}) => `services:
  writer:
${service(SEEDED, WRITER, message)}
${reader ? `  reader:\n${service(TEST_IMAGE, READER)}` : ''}
volumes:
  data: {labels: {backup: nightly}}
  memory: {driver_opts: {type: tmpfs, device: tmpfs, o: "${opts}"}}
  disk: {driver_opts: {type: none, device: ${host.folder}/disk, o: bind}}
  theirs: {external: true, name: theirs}
`
const WRITER = [
  '    tmpfs: ["/scratch:size=64k,mode=750,uid=33,exec"]',
  '    volumes:',
  '      - data:/data',
  '      - memory:/memory',
  '      - disk:/disk',
  '      - theirs:/theirs',
  '      - /cache',
  '      - {type: tmpfs, target: /theirs/current/cache}',
]
const READER = [
  '    volumes:',
  '      - data:/data:ro',
  '      - memory:/memory',
  '      - {type: volume, source: disk, target: /part, volume: {subpath: a/b}}',
]

beforeAll(async () => {
  host = await startHost({ start: false })
  await host.run('sh', '-c', MAKE_SEEDED, 'sh', host.folder)
  await host.run('mkdir', '-p', join(host.folder, 'disk/a/b'), volumeOf('theirs'))
  await host.run('mkdir', join(volumeOf('theirs'), 'release'))
  await host.run('ln', '-s', 'release', join(volumeOf('theirs'), 'current'))
  await host.commit({ 'web/compose.yaml': stack() })
  await host.start()
  await host.until(isConverged(), 60_000)
})
afterAll(() => host?.destroy())

const volumeOf = (name: string) => join(host.state, 'agent/volumes', name, 'data')

async function pidOf(name: string): Promise<number> {
  const task = taskIn(await host.status(), name)
  if (task?.pid == null) throw new Error(`${name} does not run`)
  return task.pid
}

function taskIn(status: StatusDocument, name: string) {
  return stackOf(status).services.find((one) => one.name === name)?.tasks[0]
}

/** Runs a script in the container of a service and gives what it says. */
async function inside(name: string, script: string): Promise<string> {
  const pid = String(await pidOf(name))
  return host.run('nsenter', '-t', pid, '--mount', '--pid', '/bin/sh', '-c', script)
}

const mountsOf = async (pid: number | 'self') => parseMounts(await host.run('cat', `/proc/${pid}/mountinfo`))
const runMounts = async () =>
  (await mountsOf('self')).map(({ target }) => target).filter((target) => /\/(volumes|held)\//.test(target))

it('shows each volume as it is asked for', async () => {
  const pid = await pidOf('writer')
  const mounts = new Map((await mountsOf(pid)).map((mount) => [mount.target, mount]))
  expect(mounts.get('/data')?.root).toBe(volumeOf('web_data'))
  expect(mounts.get('/memory')).toMatchObject({ type: 'tmpfs', readOnly: false })
  expect(mounts.get('/memory')?.options).toContain('size=1024k')
  expect(mounts.get('/disk')?.root).toBe(join(host.folder, 'disk'))
  expect(mounts.get('/theirs')?.root).toBe(volumeOf('theirs'))
  expect(mounts.get('/scratch')?.options).toEqual(expect.arrayContaining(['size=64k', 'mode=750', 'uid=33']))
  expect(mounts.get('/cache')?.root).toMatch(/\/tasks\/[^/]+\/volumes\//)
  expect(mounts.get('/seeded')?.root).toMatch(/\/tasks\/[^/]+\/volumes\//)
  expect(mounts.has('/data/below')).toBe(false)
  expect(await inside('writer', 'grep " /scratch " /proc/self/mountinfo')).toMatch(
    / rw,nosuid,nodev,relatime/,
  )
})

it('gives an anonymous volume what the image has', async () => {
  expect(await inside('writer', 'cat /seeded/seed; stat -c "%u:%g" /seeded/seed')).toBe(
    'from the image\n33:34\n',
  )
  expect(await inside('writer', 'touch /seeded/own /cache/own && ls /seeded')).toBe('own\nseed\n')
})

it('shares volumes between services, and keeps one from writing', async () => {
  await inside('writer', 'echo shared > /data/word; echo fast > /memory/word; echo part > /disk/a/b/word')
  expect(await inside('reader', 'cat /data/word /memory/word /part/word; ls /part')).toBe(
    'shared\nfast\npart\nword\n',
  )
  expect(await inside('reader', 'touch /data/x 2>&1; touch /part/x && echo written')).toMatch(
    /Read-only file system\nwritten\n$/,
  )
  const mounts = await mountsOf(await pidOf('reader'))
  expect(mounts.find(({ target }) => target === '/data')).toMatchObject({ readOnly: true })
  expect(mounts.find(({ target }) => target === '/part')?.root).toBe(join(host.folder, 'disk/a/b'))
})

it('mounts what has driver_opts once for all tasks', async () => {
  const targets = await runMounts()
  expect(targets.filter((target) => target.endsWith('/volumes/web_memory'))).toHaveLength(1)
  expect(targets.filter((target) => target.endsWith('/volumes/web_disk'))).toHaveLength(1)
  expect(targets.filter((target) => target.includes('/held/'))).toHaveLength(1)
})

it('has no drift, of any kind of mount, nor of one behind a link in another', async () => {
  const { code, stdout } = await host.setpoint('drift', 'web')
  expect({ code, stdout: code === 0 ? '' : stdout }).toEqual({ code: 0, stdout: '' })
})

describe('when the task is replaced', () => {
  it('what has a name stays, what has none is new', async () => {
    await inside('writer', 'touch /cache/old /seeded/old')
    await host.until(isConverged(await host.commit({ 'web/compose.yaml': stack({ message: 'two' }) })))
    expect(await inside('writer', 'cat /data/word /memory/word /disk/a/b/word')).toBe('shared\nfast\npart\n')
    expect(await inside('writer', 'ls /cache; ls /seeded')).toBe('seed\n')
  })

  it('a restart keeps both', async () => {
    await inside('writer', 'touch /cache/kept')
    const before = await pidOf('writer')
    process.kill(before, 'SIGKILL')
    await host.until((status) => {
      const task = taskIn(status, 'writer')
      return task?.state === 'running' && task.pid !== before
    })
    expect(await inside('writer', 'ls /cache; cat /memory/word')).toBe('kept\nfast\n')
  })
})

it('refuses other driver_opts for a volume that is there, and goes back with all its data', async () => {
  const changed = await host.commit({ 'web/compose.yaml': stack({ opts: 'size=2m,password=hunter2' }) })
  const status = await host.until(hasOutcome('rolledBack', changed), 60_000)
  expect(stackOf(status).failure).toMatchObject({ code: 'MOUNT_FAILED' })
  expect(JSON.stringify(stackOf(status).failure)).toContain(
    'web_memory is on this host with other driver_opts: o differs',
  )
  expect(JSON.stringify(status)).not.toContain('hunter2')
  expect(await inside('writer', 'cat /data/word /memory/word')).toBe('shared\nfast\n')
})

it('unmounts what nobody needs any more, and leaves the data', async () => {
  await host.until(
    isConverged(await host.commit({ 'web/compose.yaml': stack({ message: 'three', reader: false }) })),
  )
  expect((await runMounts()).filter((target) => target.includes('/held/'))).toEqual([])
  const bare = `services:\n  writer:\n${service(TEST_IMAGE, [], 'four')}\n`
  await host.until(isConverged(await host.commit({ 'web/compose.yaml': bare })))
  await expect.poll(runMounts, { timeout: 10_000 }).toEqual([])
  expect(await readFile(join(volumeOf('web_data'), 'word'), 'utf8')).toBe('shared\n')
  expect(await readFile(join(host.folder, 'disk/a/b/word'), 'utf8')).toBe('part\n')
})

it('heals other stacks, and ends, while mounts of one do not answer', async () => {
  const folder = join(host.folder, 'silent')
  await host.run('mkdir', folder)
  const server = await mountSilent(folder, {
    script: join(host.folder, 'silent.pl'),
    enter: (argv) => host.enter(argv),
  })
  try {
    const services = ['a', 'b', 'c', 'd', 'e'].map(
      (name) => `  ${name}:\n${service(TEST_IMAGE, [`    volumes: ["${folder}/${name}:/data:ro"]`])}\n`,
    )
    await host.commit({ 'silent/compose.yaml': `services:\n${services.join('')}` })
    const silent = (status: StatusDocument) => status.stacks.find(({ name }) => name === 'silent')
    await host.until((status) => {
      const tasks = silent(status)?.services.flatMap((one) => one.tasks) ?? []
      return tasks.filter(({ state }) => state === 'preparing').length === services.length
    })
    const before = await pidOf('writer')
    process.kill(before, 'SIGKILL')
    await host.until((status) => {
      const task = taskIn(status, 'writer')
      return task?.state === 'running' && task.pid !== before
    })
    await host.kill('agent', 'SIGTERM')
  } finally {
    await server.close()
    await host.run('umount', '--lazy', folder)
  }
})

it('removes volumes when asked, but neither external ones nor what is on a device', async () => {
  await host.stop()
  const { stdout } = await host.setpoint('down', '--volumes')
  expect(
    stdout
      .split('\n')
      .filter((line) => line.startsWith('removed volume'))
      .sort(),
  ).toEqual(['removed volume web_data', 'removed volume web_disk', 'removed volume web_memory'])
  expect(await host.run('ls', volumeOf('theirs'), join(host.folder, 'disk/a/b'))).toContain('word')
})
