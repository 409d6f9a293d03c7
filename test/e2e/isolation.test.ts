import { readFile, readlink } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { isConverged, stackOf } from '../support/stacks.ts'

let host: TestHost

const SERVICES = `services:
  open:
    image: ${TEST_IMAGE}
    command: [sleep, "1000"]
    privileged: true
    pid: host
    ipc: host
    group_add: ["1234"]
  tight:
    image: ${TEST_IMAGE}
    command: [sh, -c, "id -G; ls /dev/fuse; exec sleep 1000"]
    init: true
    runtime: runc
    group_add: ["4321"]
    devices: [/dev/fuse]
    security_opt: [no-new-privileges, "seccomp=unconfined"]
  filtered:
    image: ${TEST_IMAGE}
    command: [sleep, "1000"]
    security_opt: ["seccomp=./profile.json"]
  main:
    image: ${TEST_IMAGE}
    command: [sleep, "2001"]
    ipc: shareable
  beside:
    image: ${TEST_IMAGE}
    command: [sleep, "2002"]
    pid: service:main
    ipc: service:main
`
/** EPROTO, which no kernel gives for it: nothing but this profile does. */
const PROFILE = {
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [
    { names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 71, comment: 'nothing is made here' },
  ],
}

beforeAll(async () => {
  host = await startHost({
    files: { 'web/compose.yaml': SERVICES, 'web/profile.json': JSON.stringify(PROFILE, null, 2) },
  })
  await host.until(isConverged())
})
afterAll(() => host?.destroy())

const pidOf = async (service: string) =>
  stackOf(await host.status()).services.find(({ name }) => name === service)?.tasks[0]?.pid ?? 0

it('opens a container as far as its service asks, and no further', async () => {
  const [open, tight] = [await pidOf('open'), await pidOf('tight')]
  const namespace = (pid: number | 'self', kind: string) => readlink(`/proc/${pid}/ns/${kind}`)
  for (const kind of ['pid', 'ipc']) {
    expect(await namespace(open, kind)).toBe(await namespace('self', kind))
    expect(await namespace(tight, kind)).not.toBe(await namespace('self', kind))
  }
  expect(await namespace(open, 'mnt')).not.toBe(await namespace('self', 'mnt'))
  const status = await readFile(`/proc/${open}/status`, 'utf8')
  expect(status).toMatch(/^Seccomp:\t0$/m)
  expect(status).toMatch(/^Groups:\t.*\b1234\b/m)
})

it('starts a service with its runtime, its init, its devices and its groups', async () => {
  const pid = await pidOf('tight')
  await expect.poll(() => readFile(`/proc/${pid}/cmdline`, 'utf8')).toMatch(/^\/dev\/init\0--\0sh\0/)
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  expect(status).toMatch(/^NoNewPrivs:\t1$/m)
  expect(status).toMatch(/^CapEff:\t00000000a80425fb$/m)
  const { stdout } = await host.setpoint('logs', 'web/tight')
  const inside = await host.setpoint('exec', 'web/tight', '--', 'cat', '/proc/1/comm')
  expect(inside).toMatchObject({ code: 0, stdout: 'init\n' })
  expect(stdout).toMatch(/\| .*\b4321\b.*\n.*\| \/dev\/fuse\n/)
})

it('confines a service by the seccomp profile of the repository, in place of the default one', async () => {
  const pid = await pidOf('filtered')
  expect(await readFile(`/proc/${pid}/status`, 'utf8')).toMatch(/^Seccomp:\t2$/m)
  const inside = await host.setpoint(
    'exec',
    'web/filtered',
    '--',
    'sh',
    '-c',
    'mkdir /new 2>&1; chmod 700 /tmp',
  )
  expect(inside).toMatchObject({ code: 0, stdout: expect.stringContaining('Protocol error') })
})

it('joins the processes and the IPC of another service, and again once that has been started again', async () => {
  const namespaces = (pid: number) =>
    Promise.all(['pid', 'ipc'].map((kind) => readlink(`/proc/${pid}/ns/${kind}`)))
  const [main, beside] = [await pidOf('main'), await pidOf('beside')]
  expect(await namespaces(beside)).toEqual(await namespaces(main))
  await host.setpoint('exec', 'web/main', '--', 'sh', '-c', 'echo seen > /dev/shm/word')
  const inside = await host.setpoint('exec', 'web/beside', '--', 'cat', '/proc/1/cmdline', '/dev/shm/word')
  expect(inside.stdout).toBe('sleep\x002001\x00seen\n')
  process.kill(main, 'SIGKILL')
  await expect
    .poll(
      async () => {
        const [one, other] = [await pidOf('main'), await pidOf('beside')]
        if (one === main || other === beside || one === 0 || other === 0) return false
        return `${await namespaces(other)}` === `${await namespaces(one)}`
      },
      { timeout: 60_000 },
    )
    .toBe(true)
})
