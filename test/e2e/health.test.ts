import { afterAll, beforeAll, expect, it } from 'vitest'
import type { StatusDocument } from '../../schemas/status.ts'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { compose, isConverged, tasksOf } from '../support/stacks.ts'

/** A service of the test image, which listens on 8080, without a program that probes it. */
const service = (name: string, ...lines: string[]) =>
  [`  ${name}:`, `    image: ${TEST_IMAGE}`, '    stop_grace_period: 1s', ...lines, ''].join('\n')

const probed = (probe: string, times = 'interval: 200ms, retries: 5') =>
  `    x-setpoint: {healthcheck: {${probe}, ${times}}}`

/** Ends after a while with this code. */
const ending = (name: string, script: string, ...lines: string[]) =>
  service(name, `    command: [sh, -c, '${script}']`, ...lines)

let host: TestHost

beforeAll(async () => {
  host = await startHost({
    files: {
      'web/compose.yaml': compose(
        service('page', probed('http: {port: 8080, path: /index.html}')),
        service('port', probed('tcp: {port: 8080}')),
      ),
    },
  })
  await host.until(isConverged())
})
afterAll(() => host?.destroy())

const taskOf = async (name: string) => {
  const { services } = (await host.status()).stacks.find((stack) => stack.name === 'web') ?? { services: [] }
  return services.find((one) => one.name === name)?.tasks[0]
}

it('a task is healthy by a question over the network, without a process of a probe in it', async () => {
  for (const name of ['page', 'port']) {
    expect(await taskOf(name)).toMatchObject({ state: 'running', health: 'healthy' })
  }
  expect((await taskOf('page'))?.probes.at(-1)).toMatchObject({ exitCode: 0, output: 'HTTP 200 OK' })
})

it('one that answers wrongly is stopped and started again, and the status says what it answered', async () => {
  const before = await taskOf('page')
  await host.run('nsenter', '-t', String(before?.pid), '--mount', '/bin/rm', '/tmp/www/index.html')
  const status = await host.until((seen) =>
    tasksOf(seen).some((task) => task.id === before?.id && task.restarts > 0 && task.health === 'healthy'),
  )
  const task = tasksOf(status).find(({ id }) => id === before?.id)
  expect(task?.error).toMatchObject({ code: 'HEALTH_FAILED', message: expect.stringContaining('HTTP 404') })
  expect(task?.ended).toMatchObject({ log: [expect.stringContaining('serving')] })
})

it('the status says how a run ended: its code, its signal, the lack of memory, and its last words', async () => {
  await host.commit({
    'ends/compose.yaml': compose(
      ending('code', 'echo going; exit 3', '    restart: "no"'),
      service('signal', '    restart: "no"'),
      ending(
        'memory',
        'echo growing; x=xxxxxxxxxxxxxxxx; while :; do x=$$x$$x; done',
        '    restart: "no"',
        '    mem_limit: 16m',
      ),
    ),
  })
  const find = (seen: StatusDocument, name: string) =>
    seen.stacks
      .flatMap((stack) => (stack.name === 'ends' ? stack.services : []))
      .find((one) => one.name === name)?.tasks[0]
  const ended = async (name: string) =>
    find(await host.until((seen) => (find(seen, name)?.ended ?? null) !== null), name)
  const running = await host.until((seen) => find(seen, 'signal')?.state === 'running')
  await host.run('kill', '-KILL', String(find(running, 'signal')?.pid))

  expect((await ended('code'))?.ended).toMatchObject({ exitCode: 3, signal: null, log: ['going'] })
  expect((await ended('signal'))?.ended).toMatchObject({ exitCode: 137, signal: 'SIGKILL', oomKilled: false })
  expect((await ended('memory'))?.ended).toMatchObject({ exitCode: 137, oomKilled: true })
  const { stdout } = await host.setpoint('status', 'ends')
  expect(stdout).toContain('as SIGKILL ends a program')
  expect(stdout).toContain('killed for lack of memory')
})

it('restarts follow the policy of the file: attempts within a window, and no more', async () => {
  await host.commit({
    'policy/compose.yaml': compose(
      ending(
        'limited',
        'exit 4',
        '    deploy: {restart_policy: {condition: on-failure, delay: 50ms, max_attempts: 2, window: 1m}}',
      ),
      ending('good', 'exit 0', '    deploy: {restart_policy: {condition: on-failure}}'),
    ),
  })
  const status = await host.until(
    (seen) =>
      seen.stacks.some(({ name }) => name === 'policy') &&
      tasksOf(seen, 'policy').some(
        (task) => task.restarts === 2 && task.state === 'failed' && task.restartAt === null,
      ),
  )
  expect(tasksOf(status, 'policy').find((task) => task.id.includes('good'))).toMatchObject({
    state: 'complete',
    restarts: 0,
  })
})
