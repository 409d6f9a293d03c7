import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { appService, compose, condition, isConverged, pidsOf, stackOf } from '../support/stacks.ts'

let host: TestHost
let before: (number | null)[]

const other = compose(appService('app', { message: 'other', port: 8081 }))

beforeAll(async () => {
  host = await startHost({
    files: { 'web/compose.yaml': compose(appService('app', { port: 8080 })), 'other/compose.yaml': other },
  })
  before = pidsOf(
    await host.until((status) => isConverged()(status) && isConverged(undefined, 'other')(status)),
  )
})
afterAll(() => host?.destroy())

const service = (lines: string) => `services:\n  app:\n    image: ${TEST_IMAGE}\n${lines}`
const bomb = `x-a: &a [1,1,1,1,1,1,1,1,1]\n${'bcdefghij'
  .split('')
  .map((key, n) => `x-${key}: &${key} [${Array(9).fill(`*${'abcdefghij'[n]}`).join(',')}]`)
  .join('\n')}\nservices: {app: {image: ${TEST_IMAGE}}}\n`

describe('a commit with a bad stack file is told with its place, and touches nothing', () => {
  it.each([
    ['broken YAML', 'services: [\n', /web\/compose\.yaml:\d+:\d+ /],
    ['an unknown key', service('    imagee: x\n'), /web\/compose\.yaml:4:5 services\.app\.imagee: .*image/],
    [
      'a cycle in depends_on',
      `services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [a]}\n`,
      /a -> b -> a|b -> a -> b/,
    ],
    [
      'a path out of the checkout',
      service('    env_file: ../../etc/passwd\n'),
      /web\/compose\.yaml:4:\d+ services\.app\.env_file/,
    ],
    ['an alias bomb', bomb, /web\/compose\.yaml/],
    [
      'a 50 MB file',
      `# ${'x'.repeat(50 * 1024 * 1024)}\n${service('')}`,
      /web\/compose\.yaml: has \d+ bytes; at most 1048576 are read/,
    ],
  ])('%s', async (_what, text, problem) => {
    const revision = await host.commit({ 'web/compose.yaml': text })
    const status = await host.until(
      (now) => now.sources[0]?.revision === revision && stackOf(now).problems.length > 0,
    )
    expect(stackOf(status).problems.join('\n')).toMatch(problem)
    expect(condition(status, 'Stalled')).toMatchObject({ reason: 'InvalidRevision' })
    expect(pidsOf(status)).toEqual(before)
  })

  it('and another stack in the same commit goes on', async () => {
    const revision = await host.commit({
      'web/compose.yaml': 'services: [\n',
      'other/compose.yaml': other.replace('"other"', '"changed"'),
    })
    await host.until(isConverged(revision, 'other'))
    expect((await host.http(8081)).body).toBe('changed\n')
    expect((await host.http(8080)).body).toBe('one\n')
  })
})

it('a symlink out of the checkout is refused by name', async () => {
  await host.run('ln', '-s', '/etc/passwd', `${host.repository.path}/stolen.stack.yaml`)
  await host.run('git', '-C', host.repository.path, 'add', 'stolen.stack.yaml')
  const revision = await host.commit({ note: 'with a symlink' })
  const status = await host.until((now) => now.sources[0]?.revision === revision)
  expect(JSON.stringify(status)).toMatch(/stolen\.stack\.yaml.*symlink|symlink.*stolen/i)
  expect(JSON.stringify(status)).not.toContain('root:x:0')
  await host.run('git', '-C', host.repository.path, 'rm', '-qf', 'stolen.stack.yaml')
})

it('a commit that removes every stack is refused unless that is allowed', async () => {
  await host.run('git', '-C', host.repository.path, 'rm', '-rq', 'web', 'other')
  await host.commit({ note: 'all gone' })
  const status = await host.until((now) => now.sources[0]?.error !== null)
  expect(status.sources[0]?.error).toMatchObject({ code: 'SOURCE_EMPTIED' })
  expect(pidsOf(status)).toEqual(before)
})

it('a repository that vanishes leaves everything as it is, and its return is noticed', async () => {
  await host.run('mv', host.repository.path, `${host.repository.path}.away`)
  await host.setpoint('sync')
  const status = await host.until(
    (now) =>
      now.sources[0]?.error?.code === 'SOURCE_UNREACHABLE' ||
      now.sources[0]?.error?.code === 'SOURCE_INVALID',
  )
  expect(pidsOf(status)).toEqual(before)
  await host.run('mv', `${host.repository.path}.away`, host.repository.path)
  const revision = await host.commit({
    'web/compose.yaml': compose(appService('app', { message: 'back', port: 8080 })),
    'other/compose.yaml': other,
  })
  await host.setpoint('sync')
  await host.until(isConverged(revision))
  expect((await host.http(8080)).body).toBe('back\n')
})

it('a force-pushed branch is just the new head', async () => {
  await host.run('git', '-C', host.repository.path, 'reset', '-q', '--hard', 'HEAD~1')
  const revision = await host.commit({
    'web/compose.yaml': compose(appService('app', { message: 'forced', port: 8080 })),
    'other/compose.yaml': other,
  })
  await host.until(isConverged(revision))
  expect((await host.http(8080)).body).toBe('forced\n')
})

it('a port that somebody else holds is told by name, and nothing is lost', async () => {
  const holder = host.run('busybox', 'nc', '-l', '-p', '9000').catch(() => '')
  const revision = await host.commit({
    'web/compose.yaml': compose(appService('app', { message: 'moved', port: 9000 })),
  })
  const status = await host.until(
    (now) => stackOf(now).outcome === 'rolledBack' && stackOf(now).revision.attempted === revision,
    60_000,
  )
  expect(stackOf(status).failure).toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringContaining('9000'),
  })
  expect((await host.http(8080)).body).toBe('forced\n')
  await host.run('busybox', 'nc', '-w', '1', '127.0.0.1', '9000').catch(() => '')
  await holder
})

it('redis away: what runs goes on, and the controller goes on when it is back', async () => {
  const { redis } = await host.pids()
  process.kill(redis ?? -1, 'SIGSTOP')
  try {
    expect((await host.http(8080)).body).toBe('forced\n')
    await host.commit({ 'web/compose.yaml': compose(appService('app', { message: 'after', port: 8080 })) })
  } finally {
    process.kill(redis ?? -1, 'SIGCONT')
  }
  await host.untilHttp(8080, (answer) => answer.body === 'after\n', 60_000)
})
