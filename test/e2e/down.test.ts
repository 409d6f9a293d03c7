import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { ROOT } from '../support/imports.ts'
import { hasOutcome, isConverged, tasksOf } from '../support/stacks.ts'

const QUICK = 'deploy: {update_config: {monitor: 100ms}}'

/** One of everything that leaves something on a host. */
const WEB = `services:
  app:
    image: ${TEST_IMAGE}
    ports: ["8080:8080", "5300:53/udp", "9000-9001"]
    networks: {front: {ipv4_address: 10.77.0.5}, back: }
    secrets: [password]
    configs: [{source: page, target: /etc/page}]
    volumes: ["data:/data", "memory:/memory", /anonymous, "./files:/files:ro", {type: volume, source: data, target: /part, volume: {subpath: .}}]
    healthcheck: {test: [CMD, /bin/healthy], interval: 300ms}
    stop_grace_period: 1s
    ${QUICK}
  probed:
    image: ${TEST_IMAGE}
    networks: {back: }
    x-setpoint: {healthcheck: {http: {port: 8080}, interval: 300ms}}
    stop_grace_period: 1s
    deploy: {replicas: 2, endpoint_mode: vip, update_config: {monitor: 100ms}}
  side: {image: ${TEST_IMAGE}, network_mode: "service:app", environment: {PORT: 9002}, stop_grace_period: 1s, ${QUICK}}
  onhost: {image: ${TEST_IMAGE}, network_mode: host, environment: {PORT: 9003}, stop_grace_period: 1s, ${QUICK}}
  job: {image: ${TEST_IMAGE}, command: [/bin/true], deploy: {restart_policy: {condition: on-failure}}}
networks:
  front: {enable_ipv6: true, ipam: {config: [{subnet: 10.77.0.0/24}, {subnet: "fd77::/64"}]}}
  back: {internal: true}
secrets: {password: {environment: PASSWORD}}
configs: {page: {content: a page}}
volumes:
  data: {}
  memory: {driver_opts: {type: tmpfs, device: tmpfs, o: size=1m}}
`

/** Never comes up: its task waits for its next try. */
const BROKEN = `services:
  broken: {image: ${TEST_IMAGE}, command: [/bin/false], deploy: {restart_policy: {delay: 60s}, update_config: {monitor: 5s}}}
`

/** Its build does not end. */
const BUILDING = `services:
  app: {image: endless, ${QUICK}}
`
const ENDLESS = `base: ${TEST_IMAGE}
run: [[/bin/sh, -c, "setsid sleep 4712 & wait"]]
`

let host: TestHost
let author = ''
let session: ChildProcess

beforeAll(async () => {
  author = await mkdtemp(join(tmpdir(), 'author-'))
  const variables = join(author, 'vars.env')
  await writeFile(variables, 'PASSWORD=a secret of this test\n')
  host = await startHost({
    files: {
      'web/compose.yaml': WEB,
      'web/files/one': '1',
      'broken/compose.yaml': BROKEN,
      'building/compose.yaml': BUILDING,
      'building/endless.image.yaml': ENDLESS,
    },
    args: ['--variables', variables],
  })
  await host.until(
    (status) => isConverged()(status) && !hasOutcome('converged', undefined, 'broken')(status),
    60_000,
  )
  await host.until((status) =>
    tasksOf(status, 'building').some(
      ({ message }) => message?.startsWith('building endless: run[0]') ?? false,
    ),
  )
  await host.until((status) => tasksOf(status, 'broken').some(({ restartAt }) => restartAt !== null))
  session = await openSession()
})
afterAll(async () => {
  session?.kill('SIGKILL')
  await host?.destroy()
  await rm(author, { recursive: true, force: true })
})

it('setpoint down leaves the host as it was, with a session open, a task that waits for its next try, and a build', async () => {
  expect((await host.left()).length).toBeGreaterThan(50)
  const ended = once(session, 'exit')
  const { code, stdout, stderr } = await host.setpoint('down')
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toContain('All is down')
  await ended
  expect(await host.left()).toEqual([])
})

it('keeps the volumes, and nothing of tasks, networks and secrets', async () => {
  const agent = join(host.state, 'agent')
  expect(await readdir(join(agent, 'volumes'))).toEqual(expect.arrayContaining(['web_data']))
  for (const name of ['tasks', 'networks']) expect(existsSync(join(agent, name)), name).toBe(false)
  expect(await readdir(join(agent, 'secrets')).catch(() => [])).toEqual([])
})

/** A command in a task that goes on until somebody ends it. */
async function openSession(): Promise<ChildProcess> {
  const argv = ['exec', 'web/app', '--', 'sh', '-c', 'echo begun; exec sleep 4711']
  const [file = '', ...args] = host.enter([process.execPath, join(ROOT, 'scripts', 'setpoint.mjs'), ...argv])
  const child = spawn(file, args, { env: host.env, stdio: ['pipe', 'pipe', 'ignore'] })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  expect(line).toBe('begun')
  return child
}
