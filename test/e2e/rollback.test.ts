import { afterAll, beforeAll, expect, it } from 'vitest'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import {
  appService,
  compose,
  condition,
  hasOutcome,
  isConverged,
  pidsOf,
  stackOf,
  tasksOf,
} from '../support/stacks.ts'

let host: TestHost
let good: string

const stack = (message: string, environment: Record<string, string> = {}) =>
  compose(
    appService('app', { message, port: 8080, replicas: 2, environment }),
    appService('db', { environment: { VERSION: message } }),
  )

beforeAll(async () => {
  host = await startHost({ files: { 'web/compose.yaml': stack('one') } })
  good = stackOf(await host.until(isConverged())).revision.applied ?? ''
})
afterAll(() => host?.destroy())

it('takes the whole stack back when a healthcheck fails, tells why, and remembers the commit', async () => {
  const bad = await host.commit({ 'web/compose.yaml': stack('two', { HEALTH: 'fail' }) })
  const status = await host.until(hasOutcome('rolledBack', bad), 60_000)

  expect(stackOf(status).revision).toEqual({ attempted: bad, applied: good })
  expect(stackOf(status).failure).toMatchObject({
    service: 'app',
    code: 'HEALTH_FAILED',
    probe: expect.stringContaining('unhealthy, as asked'),
  })
  expect(condition(status, 'Stalled')).toMatchObject({ status: 'True', reason: 'RevisionIsBad' })
  expect((await host.http(8080)).body).toBe('one\n')

  const history = await host.setpoint('history', 'web', '--output', 'json')
  expect(history.stdout).toContain('unhealthy, as asked')
  expect((await host.setpoint('status', 'web', '--wait', '10s')).code).toBe(1)

  const after = await host.commit({ 'README.md': 'nothing of the stack' })
  const untouched = await host.until(hasOutcome('rolledBack', after))
  expect(pidsOf(untouched)).toEqual(pidsOf(status))
})

it('rolls forward with the next good commit', async () => {
  const fixed = await host.commit({ 'web/compose.yaml': stack('three') })
  await host.until(isConverged(fixed))
  expect((await host.http(8080)).body).toBe('three\n')
  expect((await host.setpoint('status', 'web', '--wait', '10s')).code).toBe(0)
})

it('keeps the old tasks when the new image does not exist', async () => {
  const before = await host.until(isConverged())
  const missing = await host.commit({
    'web/compose.yaml': stack('four').replaceAll(/image: \S+/g, 'image: localhost/test/missing:1'),
  })
  const status = await host.until(hasOutcome('rolledBack', missing), 60_000)
  expect(stackOf(status).failure?.code).toBe('IMAGE_NOT_FOUND')
  expect(pidsOf(status)).toEqual(pidsOf(before))
  expect((await host.http(8080)).body).toBe('three\n')
})

it('goes back by hand to an earlier revision, and stays there until a commit', async () => {
  const result = await host.setpoint('rollback', 'web', good.slice(0, 8))
  expect(result).toMatchObject({ code: 0 })
  await host.untilHttp(8080, (answer) => answer.body === 'one\n')
  const next = await host.commit({ 'web/compose.yaml': stack('five') })
  await host.until(isConverged(next))
  expect((await host.http(8080)).body).toBe('five\n')
})

it('does not call a commit converged that leaves a task as it is which never served', async () => {
  const waiting = (drift: string) =>
    [
      `x-setpoint: {drift: ${drift}}`,
      compose(appService('app', { lines: ['x-setpoint: {update: {deadline: 3s}}'] })),
    ]
      .join('\n')
      .replace(/image: \S+/, 'image: localhost/test/missing:1')
  const first = await host.commit({ 'fresh/compose.yaml': waiting('heal') })
  await host.until(hasOutcome('stalled', first, 'fresh'))
  const same = await host.commit({ 'fresh/compose.yaml': waiting('report') })
  const status = await host.until(
    (seen) =>
      stackOf(seen, 'fresh').revision.attempted === same && stackOf(seen, 'fresh').outcome !== 'rolling',
  )
  expect(stackOf(status, 'fresh')).toMatchObject({
    outcome: 'stalled',
    revision: { attempted: same, applied: null },
    failure: { code: 'DEADLINE_PASSED', service: 'app' },
  })
})

it('does not take the instants of a crash loop for health: it stays stalled, and nobody goes back to it', async () => {
  const loop = (after: string) =>
    `services:\n  app: {image: ${TEST_IMAGE}, command: [sh, -c, "sleep ${after}; exit 1"]}\n`
  const first = await host.commit({ 'loop/compose.yaml': loop('0.3') })
  const seen = new Set<string>()
  const status = await host.until((now) => {
    if (!now.stacks.some(({ name }) => name === 'loop')) return false
    seen.add(stackOf(now, 'loop').outcome)
    return (tasksOf(now, 'loop')[0]?.restarts ?? 0) >= 4
  })
  expect([...seen].filter((outcome) => outcome !== 'rolling')).toEqual(['stalled'])
  expect(stackOf(status, 'loop').revision).toEqual({ attempted: first, applied: null })
  expect((await host.setpoint('status', 'loop', '--wait', '20s')).code).toBe(1)
  expect(JSON.parse((await host.setpoint('plan', '--output', 'json')).stdout).stacks).toContainEqual(
    expect.objectContaining({ name: 'loop', changes: [], problems: [expect.stringContaining('held back')] }),
  )

  const second = await host.commit({ 'loop/compose.yaml': loop('0.31') })
  const after = await host.until(hasOutcome('stalled', second, 'loop'), 60_000)
  expect(stackOf(after, 'loop').revision).toEqual({ attempted: second, applied: null })
})
