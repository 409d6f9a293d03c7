import { chmod, mkdir, readFile, readlink, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentPaths } from '../../agent/paths.ts'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { ROOT } from '../support/imports.ts'
import { isConverged, pidsByService, stackOf } from '../support/stacks.ts'

const compose = (folder: string) => `services:
  web:
    image: ${TEST_IMAGE}
    userns_mode: auto
    environment: {MESSAGE: from inside, PORT: "80"}
    ports: ["18090:80"]
    command: [sh, -c, "echo out > /dev/stdout; exec /bin/serve"]
    healthcheck: {test: [CMD-SHELL, "echo checked; /bin/healthy"], interval: 300ms, retries: 3}
    stop_grace_period: 1s
    cap_add: [NET_ADMIN]
    deploy: {resources: {limits: {memory: 64M, pids: 40}}}
    tmpfs: [/scratch]
    secrets: [{source: key, uid: "33", gid: "33", mode: 0400}]
    configs: [{source: settings, target: /etc/settings, uid: "33", mode: 0440}]
    volumes:
      - data:/data
      - ./site:/site:ro
      - ${folder}/shared:/shared
      - {type: bind, source: "${folder}/shared", target: /pinned, bind: {recursive: disabled}}
  user:
    image: ${TEST_IMAGE}
    userns_mode: auto
    runtime: runc
    user: "1000:1000"
    read_only: true
    stop_grace_period: 1s
    command: [sh, -c, "echo from a user > /dev/stderr; exec sleep 1000"]
  plain:
    image: ${TEST_IMAGE}
    command: [sleep, "1000"]
    stop_grace_period: 1s
    volumes: ["data:/data"]
volumes: {data: {}}
secrets: {key: {file: ./key}}
configs: {settings: {content: "on"}}
`
/** Of all that is in the run folder what somebody else could list or read. */
const OPEN = 'find /run/setpoint/*/ -mindepth 1 -maxdepth 3 -readable 2>/dev/null'

let host: TestHost

beforeAll(async () => {
  host = await startHost({ start: false })
  await mkdir(join(host.folder, 'shared'))
  await writeFile(join(host.folder, 'shared', 'there'), 'was there\n')
  await chmod(host.folder, 0o700)
  const files = { 'web/site/page': 'a page\n', 'web/key': 'secret\n' }
  await host.commit({ 'web/compose.yaml': compose(host.folder), ...files })
  await host.start()
  await host.until(isConverged(), 60_000)
}, 120_000)
afterAll(() => host?.destroy())

async function inside(service: string, script: string): Promise<string> {
  const { stdout, stderr } = await host.setpoint('exec', `web/${service}`, '--', 'sh', '-c', script)
  return stdout + stderr
}

const pids = async () => pidsByService(await host.status()) as Record<string, number>
const mapOf = async (pid = 0) =>
  (await readFile(`/proc/${pid}/uid_map`, 'utf8')).trim().split(/\s+/).map(Number)

describe('a service with users of its own', () => {
  it('is root inside and nobody on the host, with ids that no other task has', async () => {
    const { web, user, plain } = await pids()
    const maps = [await mapOf(web), await mapOf(user)]
    for (const map of maps) expect(map).toEqual([0, expect.any(Number), 65536])
    const [first = 0, other = 0] = maps.map(([, id = 0]) => id)
    expect(Math.min(first, other)).toBeGreaterThanOrEqual(2_000_289_792)
    expect(Math.abs(first - other)).toBeGreaterThanOrEqual(65_536)
    expect((await stat(`/proc/${web}`)).uid).toBe(first)
    expect((await stat(`/proc/${user}`)).uid).toBe(other + 1000)
    expect(await inside('web', 'id -u; id -g')).toBe('0\n0\n')
    expect(await readlink(`/proc/${plain}/ns/user`)).toBe(await readlink('/proc/self/ns/user'))
  })

  it('sees the image as it is, and writes into its root', async () => {
    expect(await inside('web', 'stat -c %u:%g / /bin/busybox /tmp; touch /new; stat -c %u /new')).toBe(
      '0:0\n0:0\n0:0\n0\n',
    )
    expect(await inside('user', 'touch /new')).toContain('Read-only file system')
  })

  it('reads and writes whatever is mounted as without', async () => {
    expect(await inside('web', 'stat -c %u:%g:%a /run/secrets/key /etc/settings /site/page /etc/hosts')).toBe(
      '33:33:400\n33:0:440\n0:0:644\n0:0:644\n',
    )
    const files = 'cat /run/secrets/key /etc/settings /site/page /pinned/there'
    expect(await inside('web', files)).toBe('secret\nona page\nwas there\n')
    const targets = '/data/one /pinned/one /scratch/one /dev/shm/one'
    await inside('web', `touch ${targets}; chown 5:6 /data/one; echo 192.0.2.1 added >> /etc/hosts`)
    expect(await inside('web', `stat -c %u:%g ${targets}; tail -n 1 /etc/hosts`)).toBe(
      '5:6\n0:0\n0:0\n0:0\n192.0.2.1 added\n',
    )
    expect(await inside('plain', 'stat -c %u:%g /data/one')).toBe('5:6\n')
    expect((await stat(join(host.folder, 'shared', 'one'))).uid).toBe(0)
    expect(await inside('web', 'touch /site/two')).toContain('Read-only file system')
  })

  it('owns its network, with names, ports and ping', async () => {
    expect((await host.untilHttp(18090)).body).toBe('from inside\n')
    expect(await inside('web', 'ping -c 1 plain')).toContain('1 packets received')
    expect(await inside('user', 'nslookup web')).toContain('Address: 10.')
    expect(await inside('web', 'ip addr add 192.0.2.9/32 dev lo && ip addr show lo')).toContain(
      '192.0.2.9/32',
    )
  })

  it('is limited, checked, logged and reached like any other', async () => {
    const task = (await tasksOf('web'))[0]
    expect(task).toMatchObject({
      health: 'healthy',
      probes: expect.arrayContaining([expect.objectContaining({ output: 'checked\n' })]),
    })
    expect((await host.setpoint('logs', 'web')).stdout).toMatch(/\| out\n/)
    expect((await host.setpoint('logs', 'web/user')).stdout).toContain('from a user')
    expect((await host.setpoint('top', 'web/web')).stdout).toMatch(/^\d+ +1 +0 /m)
    await writeFile(join(host.folder, 'copied'), 'copied\n')
    expect(await host.setpoint('cp', join(host.folder, 'copied'), 'web/web:/tmp/copied')).toMatchObject({
      code: 0,
    })
    expect(await inside('web', 'stat -c %u /tmp/copied; rm /tmp/copied && echo gone')).toBe('0\ngone\n')
  })

  it('gives nothing of the host away', async () => {
    expect((await stat('/dev/null')).uid).toBe(0)
    expect(
      await inside('web', 'chmod 600 /dev/null; mknod /tmp/zero c 1 5; mount -t tmpfs none /tmp'),
    ).toMatch(/not permitted.*\n.*not permitted.*\n.*denied/)
    const open = await host.run(
      'setpriv',
      '--reuid=12345',
      '--regid=12345',
      '--clear-groups',
      'sh',
      '-c',
      `${OPEN}; true`,
    )
    expect(open.split('\n').filter((path) => path !== '' && !/\/(dns|rules)/.test(path))).toEqual([])
  })
})

it('is kept, with all else, where docs/flow.md says', async () => {
  const page = await readFile(join(ROOT, 'docs', 'flow.md'), 'utf8')
  const named = new Set([...page.matchAll(/`([^`\n]+)`/g)].flatMap(([, path = '']) => path.split('/')))
  const instance = agentPaths(join(host.state, 'agent')).instance
  const folders = [host.state, ...['agent', 'controller'].map((actor) => join(host.state, actor))]
  const found = await host.run(
    ...['find', ...folders, '/run/setpoint', `/run/setpoint/${instance}`],
    ...['-mindepth', '1', '-maxdepth', '1', '-not', '-name', instance, '-printf', '%f\\n'],
  )
  expect(found.split('\n').filter((name) => name !== '' && !named.has(name))).toEqual([])
  expect(found).toContain('users\n')
})

describe('its users stay with it', () => {
  it('over a restart', async () => {
    const { web = 0 } = await pids()
    const before = await mapOf(web)
    process.kill(web, 'SIGKILL')
    await host.until((status) => {
      const pid = pidsByService(status).web
      return pid !== 0 && pid !== web && isConverged()(status)
    })
    expect(await mapOf((await pids()).web)).toEqual(before)
    expect(await inside('web', 'stat -c %u /new')).toBe('0\n')
  })

  it('over the next agent, and go with it', async () => {
    const before = await pids()
    await host.kill('agent')
    await host.until((status) => status.hosts[0]?.state === 'ready' && isConverged()(status))
    expect(await pids()).toEqual(before)
    expect(await inside('web', 'id -u')).toBe('0\n')
    const revision = await host.commit({
      'web/compose.yaml': compose(host.folder).replaceAll(
        'userns_mode: auto',
        'labels: {users: "of the host"}',
      ),
    })
    await host.until(isConverged(revision), 60_000)
    expect(await host.run('find', '/run/setpoint', '-path', '*/users*')).toBe('')
    expect(await readlink(`/proc/${(await pids()).web}/ns/user`)).toBe(await readlink('/proc/self/ns/user'))
  })
})

it('is refused before anything is made by a runtime that cannot move the ids of a mount', async () => {
  const service = `services: {one: {image: "${TEST_IMAGE}", userns_mode: auto, runtime: runc, volumes: ["v:/v"]}}`
  await host.commit({ 'runc/compose.yaml': `${service}\nvolumes: {v: {}}\n` })
  const status = await host.until(({ stacks }) =>
    stacks.some(({ failure }) => failure?.code === 'HOST_UNABLE'),
  )
  expect(stackOf(status, 'runc').failure?.message).toMatch(
    /the owners in runc_v, mounted at \/v, have to be moved, and runc \S+ cannot/,
  )
  expect(await host.run('find', host.state, '-name', 'runc_v')).toBe('')
})

async function tasksOf(service: string) {
  return stackOf(await host.status()).services.find(({ name }) => name === service)?.tasks ?? []
}
