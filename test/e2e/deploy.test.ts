import { afterAll, beforeAll, expect, it } from 'vitest'
import type { StackStatus, StatusDocument } from '../../schemas/status.ts'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'

let host: TestHost

beforeAll(async () => {
  host = await startHost({ files: { 'web/compose.yaml': compose('one') } })
})
afterAll(() => host?.destroy())

it('deploys what is committed, makes each change live, and takes it down on request', async () => {
  const first = await host.until(isConverged)
  expect(web(first)?.services).toMatchObject([
    { name: 'app', image: TEST_IMAGE, desired: 2, running: 2, healthy: 2, ports: ['8080->8080/tcp'] },
  ])
  expect((await host.http(8080)).body).toBe('one\n')

  const revision = await host.commit({ 'web/compose.yaml': compose('two') })
  const second = await host.until(
    (status) => isConverged(status) && web(status)?.revision.applied === revision,
  )
  expect((await host.http(8080)).body).toBe('two\n')
  expect(pidsOf(second).filter((pid) => pidsOf(first).includes(pid))).toEqual([])

  const down = await host.setpoint('down')
  expect(down).toMatchObject({ code: 0 })
  await expect(host.http(8080)).rejects.toThrow()
})

function compose(message: string): string {
  return `services:
  app:
    image: ${TEST_IMAGE}
    environment:
      MESSAGE: ${message}
    ports:
      - "8080:8080"
    healthcheck:
      test: [CMD, /bin/healthy]
      interval: 1s
      start_interval: 100ms
      start_period: 5s
    deploy:
      replicas: 2
`
}

function web(status: StatusDocument): StackStatus | undefined {
  return status.stacks.find(({ name }) => name === 'web')
}

function isConverged(status: StatusDocument): boolean {
  return web(status)?.outcome === 'converged'
}

function pidsOf(status: StatusDocument): (number | null)[] {
  return web(status)?.services.flatMap(({ tasks }) => tasks.map(({ pid }) => pid)) ?? []
}
