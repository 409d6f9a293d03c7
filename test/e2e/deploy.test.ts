import { afterAll, beforeAll, expect, it } from 'vitest'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { appService, compose, isConverged, pidsOf, stackOf } from '../support/stacks.ts'

let host: TestHost

beforeAll(async () => {
  host = await startHost({ files: { 'web/compose.yaml': web('one') } })
})
afterAll(() => host?.destroy())

it('deploys what is committed, makes each change live, and takes it down on request', async () => {
  const first = await host.until(isConverged())
  expect(stackOf(first).services).toMatchObject([
    { name: 'app', image: TEST_IMAGE, desired: 2, running: 2, healthy: 2, ports: ['8080->8080/tcp'] },
  ])
  expect((await host.http(8080)).body).toBe('one\n')

  const revision = await host.commit({ 'web/compose.yaml': web('two') })
  const second = await host.until(isConverged(revision))
  expect((await host.http(8080)).body).toBe('two\n')
  expect(pidsOf(second).filter((pid) => pidsOf(first).includes(pid))).toEqual([])

  const down = await host.setpoint('down')
  expect(down).toMatchObject({ code: 0 })
  await expect(host.http(8080)).rejects.toThrow()
})

function web(message: string): string {
  return compose(appService('app', { message, replicas: 2, port: 8080 }))
}
