import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HistoryDocument } from '../../schemas/status.ts'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { appService, compose, isConverged, pidsOf, stackOf, tasksOf } from '../support/stacks.ts'

let host: TestHost

beforeAll(async () => {
  host = await startHost({
    files: { 'web/compose.yaml': compose(appService('app', { port: 8080, replicas: 3 }), appService('old')) },
  })
  await host.until(isConverged())
})
afterAll(() => host?.destroy())

const alive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

it('restarts a container that was killed: same task, new process', async () => {
  const [before] = tasksOf(await host.status())
  if (before?.pid == null) throw new Error('no task')
  process.kill(before.pid, 'SIGKILL')
  const status = await host.until((now) =>
    tasksOf(now).some(
      (task) => task.id === before.id && task.pid !== before.pid && task.health === 'healthy',
    ),
  )
  expect(tasksOf(status).find((task) => task.id === before.id)).toMatchObject({ restarts: 1 })
  expect(stackOf(await host.until(isConverged())).services).toMatchObject([{ healthy: 3 }, { healthy: 1 }])
})

it('scales without touching what runs', async () => {
  const before = pidsOf(await host.status())
  const more = await host.commit({
    'web/compose.yaml': compose(appService('app', { port: 8080, replicas: 5 }), appService('old')),
  })
  const status = await host.until(isConverged(more))
  expect(pidsOf(status)).toEqual(expect.arrayContaining(before))
  expect(pidsOf(status)).toHaveLength(6)
})

it('removes a service that left the file, and nothing else', async () => {
  const less = await host.commit({
    'web/compose.yaml': compose(appService('app', { port: 8080, replicas: 3 })),
  })
  const status = await host.until(isConverged(less))
  expect(stackOf(status).services.map((service) => service.name)).toEqual(['app'])
  expect(pidsOf(status)).toHaveLength(3)
})

it('renames a service that publishes a port: the old one gives it up, then the new one takes it', async () => {
  const app = (name: string) => compose(appService(name, { port: 8080, replicas: 3 }))
  for (const name of ['front', 'app']) {
    const renamed = await host.until(isConverged(await host.commit({ 'web/compose.yaml': app(name) })))
    expect(tasksOf(renamed).map((task) => task.restarts)).toEqual([0, 0, 0]) // none was refused its port at first
    expect((await host.http(8080)).body).toBe('one\n')
  }
})

it('gives two services the ports of each other', async () => {
  const colours = (blue: number, green: number) =>
    compose(
      appService('blue', { message: 'blue', port: blue }),
      appService('green', { message: 'green', port: green }),
    )
  await host.until(isConverged(await host.commit({ 'colours/compose.yaml': colours(8091, 8092) }), 'colours'))
  await host.until(isConverged(await host.commit({ 'colours/compose.yaml': colours(8092, 8091) }), 'colours'))
  const answers = await Promise.all([8091, 8092].map((port) => host.http(port)))
  expect(answers.map(({ body }) => body)).toEqual(['green\n', 'blue\n'])
  await host.commit({ 'colours/compose.yaml': null })
})

it('moves a service that publishes a port to another stack: no failure while the old one takes its time', async () => {
  // Nothing ends by SIGURG: the grace period, longer than a rollout is patient with refusals, passes in full.
  const app = `services: {app: {image: ${TEST_IMAGE}, ports: ['8090:8080'], stop_signal: SIGURG, stop_grace_period: 5s, deploy: {update_config: {monitor: 500ms}}}}\n`
  await host.until(isConverged(await host.commit({ 'here/compose.yaml': app }), 'here'))
  const moved = await host.commit({ 'here/compose.yaml': null, 'there/compose.yaml': app })
  await host.until(isConverged(moved, 'there'))
  const { json } = await host.setpoint('history', 'there', '--output', 'json')
  const { entries } = json as HistoryDocument
  expect(entries.map(({ outcome, failure }) => failure ?? outcome)).toEqual(['converged'])
  expect((await host.http(8090)).body).toBe('hello\n')
  await host.until(isConverged(await host.commit({ 'there/compose.yaml': null }), 'web'))
})

describe('a port that moves from one stack to another, both of which stay', () => {
  /** `app` is replaced only after `slow` is, which takes longer than a rollout is patient with refusals. */
  const stack = (port: number, version: number) =>
    compose(
      appService('app', { port, message: `of ${port}`, lines: ['depends_on: [slow]'] }),
      `  slow: {image: ${TEST_IMAGE}, labels: {version: '${version}'}, stop_signal: SIGURG, stop_grace_period: 5s, deploy: {update_config: {monitor: 0s}}}\n`,
    )
  const rollOut = async (files: Record<string, string>) => {
    const revision = await host.commit(files)
    for (const name of ['here', 'there']) await host.until(isConverged(revision, name))
    const { json } = await host.setpoint('history', 'there', '--output', 'json')
    return (json as HistoryDocument).entries.flatMap(({ failure }) => failure ?? [])
  }

  it('is given up, then taken', async () => {
    await rollOut({ 'here/compose.yaml': stack(8093, 1), 'there/compose.yaml': stack(8094, 1) })
    const files = { 'here/compose.yaml': stack(8095, 2), 'there/compose.yaml': stack(8093, 1) }
    expect(await rollOut(files)).toEqual([])
    expect((await host.http(8093)).body).toBe('of 8093\n')
  })

  it('is swapped for the one that the other has', async () => {
    const files = { 'here/compose.yaml': stack(8093, 2), 'there/compose.yaml': stack(8095, 1) }
    expect(await rollOut(files)).toEqual([])
    expect((await host.http(8095)).body).toBe('of 8095\n')
    const none = await host.commit({ 'here/compose.yaml': null, 'there/compose.yaml': null })
    await host.until(({ stacks }) => stacks.length === 1 && stacks[0]?.revision.attempted === none)
  })
})

describe('what survives', () => {
  it('setpoint stopped: the containers stay and go on serving; started again: it adopts them', async () => {
    const before = pidsOf(await host.status())
    await host.stop()
    expect(before.every((pid) => alive(pid ?? -1))).toBe(true)
    expect((await host.http(8080)).body).toBe('one\n')
    await host.start()
    expect(pidsOf(await host.until(isConverged()))).toEqual(before)
  })

  it('the agent killed', async () => {
    const before = pidsOf(await host.status())
    await host.kill('agent')
    expect((await host.http(8080)).body).toBe('one\n')
    const killed = await host.commit({
      'web/compose.yaml': compose(appService('app', { port: 8080, replicas: 4 })),
    })
    const status = await host.until(isConverged(killed), 60_000)
    expect(pidsOf(status)).toEqual(expect.arrayContaining(before))
  })

  it('the controller killed in the middle of a rollout', async () => {
    const next = await host.commit({
      'web/compose.yaml': compose(appService('app', { message: 'two', port: 8080, replicas: 4 })),
    })
    await host.until((status) => stackOf(status).outcome === 'rolling')
    await host.kill('controller')
    const status = await host.until(isConverged(next), 60_000)
    expect(tasksOf(status)).toHaveLength(4)
    expect((await host.http(8080)).body).toBe('two\n')
  })

  it('redis flushed', async () => {
    const before = pidsOf(await host.status())
    await host.redis('FLUSHALL')
    const next = await host.commit({
      'web/compose.yaml': compose(appService('app', { message: 'two', port: 8080, replicas: 5 })),
    })
    const status = await host.until(isConverged(next), 60_000)
    expect(pidsOf(status)).toEqual(expect.arrayContaining(before))
  })

  it('redis killed and replaced by an empty one', async () => {
    const before = pidsOf(await host.status())
    await host.kill('redis')
    await host.run('rm', '-rf', `${host.state}/redis/appendonlydir`)
    const next = await host.commit({
      'web/compose.yaml': compose(appService('app', { message: 'two', port: 8080, replicas: 4 })),
    })
    const status = await host.until(isConverged(next), 90_000)
    expect(before).toEqual(expect.arrayContaining(pidsOf(status)))
    expect(pidsOf(status)).toHaveLength(4)
  })
})
