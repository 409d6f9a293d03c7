import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { command } from '../support/host-command.ts'
import { ROOT } from '../support/imports.ts'
import { hasOutcome, isConverged, pidsByService, runningPid, stackOf, tasksOf } from '../support/stacks.ts'

let host: TestHost

const HEALTHCHECK = `healthcheck: {test: [CMD, /bin/healthy], interval: 300ms, retries: 10}`

const COMPOSE = `services:
  web:
    image: ${TEST_IMAGE}
    stop_grace_period: 1s
    ${HEALTHCHECK}
    volumes:
      - ./conf:/etc/web:ro
      - ../shared/motd:/etc/motd
      - cache:/etc/web/cache
    configs:
      - greeting
      - {source: tuning, target: /etc/tuning.conf, uid: "101", gid: "102", mode: 0440}
      - fleet
  other:
    image: ${TEST_IMAGE}
    stop_grace_period: 1s
    configs: [region]
volumes: {cache: }
configs:
  greeting: {content: "Hello from \${REGION}\\n"}
  tuning: {file: ./tuning.conf}
  region: {environment: REGION}
  fleet: {external: true, name: fleet.conf}
x-setpoint:
  variables: {REGION: north}
`

const FILES = {
  'web/compose.yaml': COMPOSE,
  'web/conf/a.conf': 'a: 1\n',
  'web/conf/hooks/start.sh': '#!/bin/sh\n',
  'web/tuning.conf': 'workers 4\n',
  'shared/motd': 'Welcome\n',
  'docs/readme': 'not mounted\n',
}

beforeAll(async () => {
  host = await startHost({ start: false })
  await host.repository.commit(FILES)
  await chmod(join(host.repository.path, 'web/conf/hooks/start.sh'), 0o755)
  await host.repository.commit({}, 'may be run')
  await host.start()
})
afterAll(() => host?.destroy())

it('refuses a stack whose external config is not there, and takes it once it is', async () => {
  const status = await host.until((now) => (now.stacks[0]?.problems ?? []).length > 0)
  expect(stackOf(status).problems.join('\n')).toContain(
    'there is no external config "fleet.conf"; put it on the controller as configs/fleet.conf in its state folder',
  )
  await host.run('mkdir', join(host.state, 'configs'))
  await writeFile(join(host.state, 'configs/fleet.conf'), 'fleet: 1\n')
  await host.setpoint('sync')
  await host.until(isConverged(), 60_000)
})

describe('what a task finds', () => {
  it('folders, files and configs as they are in the repository, owned and readable as asked', async () => {
    const [web, other] = await Promise.all([inside('web'), inside('other')])
    expect(await readFile(`${web}/etc/web/a.conf`, 'utf8')).toBe('a: 1\n')
    expect(await readFile(`${web}/etc/motd`, 'utf8')).toBe('Welcome\n')
    expect(await readFile(`${web}/greeting`, 'utf8')).toBe('Hello from north\n')
    expect(await readFile(`${web}/etc/tuning.conf`, 'utf8')).toBe('workers 4\n')
    expect(await readFile(`${web}/fleet`, 'utf8')).toBe('fleet: 1\n')
    expect(await readFile(`${other}/region`, 'utf8')).toBe('north')
    expect(await ownerOf(`${web}/etc/web/a.conf`)).toBe('0:0 644')
    expect(await ownerOf(`${web}/etc/web/hooks/start.sh`)).toBe('0:0 755')
    expect(await ownerOf(`${web}/greeting`)).toBe('0:0 444')
    expect(await ownerOf(`${web}/etc/tuning.conf`)).toBe('101:102 440')
  })

  it('read-only, for the kernel and for root in the container', async () => {
    const pid = (await pids()).web
    const mounts = (await readFile(`/proc/${pid}/mountinfo`, 'utf8'))
      .split('\n')
      .map((line) => line.split(' '))
    for (const target of ['/etc/web', '/etc/motd', '/greeting', '/etc/tuning.conf'])
      expect(mounts.find((fields) => fields[4] === target)?.[5]?.split(',')).toContain('ro')
    const write = await command(
      host.enter(['nsenter', '-t', `${pid}`, '-m', '/bin/sh', '-c', 'echo x > /etc/web/a.conf']),
    )
    expect(write.code).not.toBe(0)
    expect(write.stderr).toContain('Read-only file system')
  })

  it('a volume inside a folder of the repository, which has no such folder', async () => {
    const write = ['/bin/sh', '-c', 'echo kept > /etc/web/cache/x && cat /etc/web/cache/x']
    expect(await host.run('nsenter', '-t', `${(await pids()).web}`, '-m', ...write)).toBe('kept\n')
  })

  it('no drift', async () =>
    expect((await host.setpoint('drift', '--output', 'json')).json).toEqual({ drift: [] }))
})

describe('a commit', () => {
  it('that changes a file replaces the tasks of the services that mount it, and no others', async () => {
    const before = await pids()
    await host.until(isConverged(await host.commit({ 'docs/readme': 'changed\n', 'web/notes': 'new\n' })))
    expect(await pids()).toEqual(before)
    await host.until(isConverged(await host.commit({ 'web/conf/a.conf': 'a: 2\n', 'web/conf/new/b': 'b\n' })))
    const after = await pids()
    expect(after.other).toBe(before.other)
    expect(after.web).not.toBe(before.web)
    expect(await readFile(`${await inside('web')}/etc/web/a.conf`, 'utf8')).toBe('a: 2\n')
    expect(await readFile(`${await inside('web')}/etc/web/new/b`, 'utf8')).toBe('b\n')
  })

  it('that does not have what is mounted changes nothing, and says what to do', async () => {
    const before = await pids()
    await host.commit({ 'shared/motd': null })
    const problem =
      'web/compose.yaml:8:9 services.web.volumes[1]: the repository has no shared/motd; for data that the service writes'
    await host.until((now) => stackOf(now).problems.some((text) => text.startsWith(problem)))
    expect(await pids()).toEqual(before)
    await host.until(isConverged(await host.commit({ 'shared/motd': 'Welcome\n' })))
    expect(await pids()).toEqual(before)
  })
})

describe('content', () => {
  it('comes back with a rollback, when Redis has forgotten it and no task has it any more', async () => {
    const broken = COMPOSE.replace('REGION: north', 'REGION: south').replace('/bin/healthy]', '/bin/false]')
    const revision = await host.commit({ 'web/compose.yaml': broken, 'web/conf/a.conf': 'a: broken\n' })
    await host.until((now) => hasOutcome('rolling', revision)(now))
    await host.redis('FLUSHALL')
    await host.until(hasOutcome('rolledBack', revision), 90_000)
    expect(await readFile(`${await inside('web')}/etc/web/a.conf`, 'utf8')).toBe('a: 2\n')
    expect(await readFile(`${await inside('other')}/region`, 'utf8')).toBe('north')
    await host.until(
      isConverged(await host.commit({ 'web/compose.yaml': COMPOSE, 'web/conf/a.conf': 'a: 3\n' })),
    )
  })

  it('is needed from nobody when an agent or the whole of Setpoint starts again', async () => {
    const before = await pids()
    await host.stop()
    await host.redis('FLUSHALL').catch(() => '')
    process.kill(runningPid(before.web), 'SIGKILL')
    await host.start()
    await host.until((now) => isConverged()(now) && ![0, before.web].includes(pidsByService(now).web))
    expect(await readFile(`${await inside('web')}/etc/web/a.conf`, 'utf8')).toBe('a: 3\n')
  })

  it('that somebody has changed on the host is made again for the next task', async () => {
    const [changed] = await filesNamed('a.conf')
    await writeFile(changed ?? '', 'a: changed by hand\n')
    const labelled = COMPOSE.replace('    volumes:', '    labels: [again]\n    volumes:')
    await host.until(isConverged(await host.commit({ 'web/compose.yaml': labelled })))
    expect(await readFile(`${await inside('web')}/etc/web/a.conf`, 'utf8')).toBe('a: 3\n')
  })

  it('that no task needs is gone from the host, and the controller keeps it', async () => {
    await host.until(isConverged(await host.commit({ 'web/conf/a.conf': 'a: 4\n' })))
    const there = await Promise.all((await filesNamed('a.conf')).map((path) => readFile(path, 'utf8')))
    expect(there).toContain('a: 4\n')
    expect(there).not.toContain('a: 2\n')
    const kept = await readdir(join(host.state, 'controller/contents'))
    const texts = await Promise.all(
      kept.map((name) => readFile(join(host.state, 'controller/contents', name), 'utf8')),
    )
    expect(texts.join()).toContain('a: 2\n')
  })
})

it('goes on its way when the agent is killed meanwhile', async () => {
  await host.commit({ 'web/conf/a.conf': 'a: 5\n' })
  await host.kill('agent')
  await host.until((now) => isConverged()(now) && !!pidsByService(now).web)
  const text = async () => readFile(`${await inside('web')}/etc/web/a.conf`, 'utf8').catch(() => '')
  await expect.poll(text, { timeout: 30_000 }).toBe('a: 5\n')
})

describe('on two hosts', () => {
  const second = () => join(host.folder, 'second')
  const agentArgv = (...args: string[]) => [
    ...[process.execPath, join(ROOT, 'scripts/setpoint-agent.mjs'), '--state', second(), '--host', 'second'],
    ...args,
  ]

  it('each has what its tasks mount, and no more', async () => {
    const redis = `unix://${join(host.state, 'redis/redis.sock')}`
    const key = join(host.state, 'controller/controller.pub')
    const [file = '', ...args] = host.enter(agentArgv('--redis', redis, '--controller-key', key))
    const agent = spawn(file, args, { env: host.env, stdio: 'ignore' })
    const exited = once(agent, 'exit')
    try {
      await host.until(({ hosts }) => hosts.some(({ name, state }) => name === 'second' && state === 'ready'))
      await host.until(
        isConverged(await host.commit({ 'all/compose.yaml': EVERYWHERE, 'all/f': 'here\n' }), 'all'),
      )
      const tasks = tasksOf(await host.status(), 'all')
      expect(tasks.map((task) => task.host).sort()).toEqual(['second', 'vm'])
      for (const { pid } of tasks) {
        expect(await readFile(`/proc/${pid}/root/f`, 'utf8')).toBe('here\n')
        expect(await readFile(`/proc/${pid}/root/c`, 'utf8')).toBe('and here')
      }
      expect(await readdir(join(second(), 'contents'))).toHaveLength(2)
    } finally {
      agent.kill('SIGTERM')
      await exited
      await host.run(...agentArgv('--down', '--volumes'))
    }
  })
})

/** Without a network: two agents on one machine would have to agree on their subnets. */
const EVERYWHERE = `services:
  app:
    image: ${TEST_IMAGE}
    stop_grace_period: 1s
    deploy: {mode: global}
    network_mode: none
    volumes: ["./f:/f:ro"]
    configs: [c]
configs: {c: {content: and here}}
`

/** The files of that name among the agent's content. */
async function filesNamed(name: string): Promise<string[]> {
  const folder = join(host.state, 'agent/contents')
  const paths = await readdir(folder, { recursive: true })
  return paths.filter((path) => path.endsWith(`/${name}`)).map((path) => join(folder, path))
}

/** The processes of the services, from the API. */
async function pids(): Promise<Record<string, number>> {
  return pidsByService(await host.status())
}

async function inside(service: string): Promise<string> {
  return `/proc/${(await pids())[service]}/root`
}

async function ownerOf(path: string): Promise<string> {
  const { uid, gid, mode } = await stat(path)
  return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`
}
