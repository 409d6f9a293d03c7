import { afterAll, beforeAll, expect, it } from 'vitest'
import type { PlanDocument } from '../../schemas/status.ts'
import { startHost, type TestHost } from '../support/host.ts'
import { appService, compose, hasOutcome, isConverged, stackOf } from '../support/stacks.ts'

let host: TestHost

const stack = (message: string) => compose(appService('app', { message, replicas: 2 }))

beforeAll(async () => {
  host = await startHost({
    files: { 'web/compose.yaml': stack('one') },
    args: ['--auth-file', '/not/there.json'],
  })
  await host.until(isConverged())
})
afterAll(() => host?.destroy())

it('up: tells of a file of credentials that is not there, and goes on without', async () => {
  expect(await host.said()).toContain('--auth-file: there is no /not/there.json')
})

it('status: a table with what runs where, exit 0 when all is Ready', async () => {
  const { code, stdout } = await host.setpoint('status', 'web')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^STACK +OUTCOME +READY/m)
  expect(stdout).toMatch(/web +converged +yes/)
  expect(stdout.match(/web\/app\.\d .* running +healthy/g)).toHaveLength(2)
})

it('status --output json: the document that docs/cli.md promises', async () => {
  const { json } = await host.setpoint('status', '--output', 'json')
  expect(json).toMatchObject({
    stacks: [
      {
        name: 'web',
        revision: { attempted: expect.stringMatching(/^[0-9a-f]{40}$/), applied: expect.any(String) },
        outcome: 'converged',
        conditions: [
          { type: 'Ready', status: 'True', reason: 'Converged', since: expect.stringMatching(/^\d{4}-.*Z$/) },
        ],
        services: [
          {
            name: 'app',
            desired: 2,
            running: 2,
            healthy: 2,
            tasks: [{ slot: 1, state: 'running', health: 'healthy', exitCode: null }, { slot: 2 }],
          },
        ],
      },
    ],
    hosts: [{ state: 'ready', availability: 'active', problem: null }],
    controller: { leads: true, message: null },
  })
})

it('status of a stack that is not there: exit 2, and the names that are', async () => {
  const { code, stderr } = await host.setpoint('status', 'wbe')
  expect(code).toBe(2)
  expect(stderr).toContain('There is no stack wbe.')
  expect(stderr).toContain('web')
})

it('plan: exit 0 when nothing would change; with a source, what would, field by field, and exit 1', async () => {
  expect((await host.setpoint('plan')).code).toBe(0)
  await host.run('git', 'clone', '-q', host.repository.path, `${host.folder}/draft`)
  await host.run('sh', '-c', `sed -i s/one/draft/ ${host.folder}/draft/web/compose.yaml`)
  await host.run(
    'git',
    '-C',
    `${host.folder}/draft`,
    '-c',
    'user.name=d',
    '-c',
    'user.email=d@localhost',
    'commit',
    '-qam',
    'draft',
  )
  const { code, json } = await host.setpoint('plan', '--source', `${host.folder}/draft`, '--output', 'json')
  expect(code).toBe(1)
  expect((json as PlanDocument).stacks).toMatchObject([
    {
      name: 'web',
      changes: [
        {
          summary: 'replace the tasks of app (stop-first)',
          fields: [{ path: 'container.environment.MESSAGE', from: 'one', to: 'draft' }],
        },
      ],
    },
  ])
})

it('validate: every problem with its place, exit 1; a good one exit 0', async () => {
  await host.run(
    'sh',
    '-c',
    `mkdir -p ${host.folder}/bad && printf 'services:\\n  a:\\n    imag: x\\n    ports: ["99999:80"]\\n' > ${host.folder}/bad/compose.yaml`,
  )
  const bad = await host.setpoint('validate', `${host.folder}/bad`)
  expect(bad.code).toBe(1)
  expect(bad.stdout + bad.stderr).toMatch(/compose\.yaml:3:5 services\.a\.imag: .*image/)
  expect(bad.stdout + bad.stderr).toMatch(/compose\.yaml:4:13 services\.a\.ports\[0\]: /)
  expect((await host.setpoint('validate', `${host.repository.path}/web`)).code).toBe(0)
})

it('logs: the lines of all tasks of a service', async () => {
  const { code, stdout } = await host.setpoint('logs', 'web/app', '--tail', '5')
  expect(code).toBe(0)
  expect(stdout.match(/serving one/g)).toHaveLength(2)
})

it('sync: looks now; history: each attempt with what it came to', async () => {
  await host.commit({
    'web/compose.yaml': compose(
      appService('app', { message: 'bad', replicas: 2, environment: { START: 'fail' } }),
    ),
  })
  expect((await host.setpoint('sync')).code).toBe(0)
  const status = await host.until(hasOutcome('rolledBack'))
  const { stdout } = await host.setpoint('history', 'web')
  expect(stdout).toContain(stackOf(status).revision.attempted?.slice(0, 7))
  expect(stdout).toContain('rolledBack')
  expect(stdout).toContain('cannot start, as asked')
})

it('rollback without an earlier revision: exit 2 and why', async () => {
  const { code, stderr } = await host.setpoint('rollback', 'web')
  expect(code).toBe(2)
  expect(stderr).toContain('no earlier healthy revision')
})

it('version, help, and an unknown command', async () => {
  expect((await host.setpoint('version')).stdout).toMatch(/\d+\.\d+\.\d+/)
  expect((await host.setpoint('--help')).stdout).toMatch(/up .*\n(.*\n)*.*status/)
  expect((await host.setpoint('statsu')).code).toBe(2)
})
