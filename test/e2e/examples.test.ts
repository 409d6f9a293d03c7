import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startHost, type TestHost } from '../support/host.ts'
import { ROOT } from '../support/imports.ts'

let host: TestHost
const examples = readdirSync(join(ROOT, 'examples'))

beforeAll(async () => {
  host = await startHost({ start: false, packages: ['busybox-static', 'redis-server'] })
  for (const folder of ['examples', 'charts']) {
    cpSync(join(ROOT, folder), join(host.repository.path, folder), { recursive: true })
  }
  rmSync(join(host.repository.path, 'charts', 'README.md'))
  await host.commit({}, 'All examples and charts')
  await host.start()
})
afterAll(() => host?.destroy())

it('deploys every example and chart, and each answers as its page says', async () => {
  const status = await host.until(
    ({ stacks }) => stacks.length > examples.length && stacks.every(({ outcome }) => outcome === 'converged'),
    100_000,
  )
  expect(status.stacks.map(({ name }) => name)).toEqual([...examples, 'redis'].sort())
  // The host reaches no registry: what it has is run, and it is said that nobody could look for something newer.
  const problems = status.stacks.flatMap((stack) => stack.problems)
  expect(problems.filter((problem) => !problem.includes('could not be looked up at its registry'))).toEqual(
    [],
  )

  const bodies = await Promise.all(
    [8080, 8081, 8082, 8084, 8085].map(async (port) => (await host.untilHttp(port)).body),
  )
  expect(bodies).toEqual([
    expect.stringContaining('Hello from Setpoint'),
    expect.stringContaining('version 1'),
    'well\n',
    expect.stringMatching(/:\d\d/),
    'Welcome to the shop (staging)\n',
  ])
  expect((await host.http(8083, '/cgi-bin/index.cgi')).body).toContain('started 1 times')
  expect(await host.run('redis-cli', '-h', '127.0.0.1', 'ping')).toBe('PONG\n')
})
