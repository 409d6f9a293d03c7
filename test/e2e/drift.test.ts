import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { DriftItem } from '../../schemas/status.ts'
import { startHost, type TestHost } from '../support/host.ts'
import { knob, writeKnob } from '../support/knobs.ts'
import { appService, compose, condition, isConverged, pidsOf, tasksOf } from '../support/stacks.ts'

let host: TestHost

const limited = {
  port: 8080,
  deploy: ['resources:', '  limits:', '    memory: 64m', '    pids: 50'],
  lines: ['cpu_shares: 512', 'cpuset: "0"'],
}

beforeAll(async () => {
  host = await startHost({
    files: {
      'web/compose.yaml': compose(appService('app', limited)),
      'told/compose.yaml': `x-setpoint:\n  drift: report\n${compose(appService('app', { ...limited, port: 8081 }))}`,
    },
  })
  await host.until(isConverged())
  await host.until(isConverged(undefined, 'told'))
})
afterAll(() => host?.destroy())

/** The file with a task's memory limit, on cgroup v1 or v2. */
async function memoryFile(stack: string): Promise<string> {
  const [task] = tasksOf(await host.status(), stack)
  const lines = (await readFile(`/proc/${task?.pid}/cgroup`, 'utf8')).split('\n')
  const v1 = lines.find((line) => line.includes(':memory:'))
  return v1 === undefined
    ? `/sys/fs/cgroup${lines.find((line) => line.startsWith('0::'))?.slice(3)}/memory.max`
    : `/sys/fs/cgroup/memory${v1.split(':')[2]}/memory.limit_in_bytes`
}

const writeTo = (file: string, value: string) => host.run('sh', '-c', `echo ${value} > ${file}`)

it('puts a changed memory limit right, without a restart', async () => {
  const before = pidsOf(await host.status())
  const file = await memoryFile('web')
  expect((await host.run('cat', file)).trim()).toBe(String(64 * 1024 * 1024))
  await writeTo(file, String(128 * 1024 * 1024))
  await host.until((status) => condition(status, 'Drifted')?.status === 'True')
  await host.until((status) => condition(status, 'Drifted') === undefined)
  expect((await host.run('cat', file)).trim()).toBe(String(64 * 1024 * 1024))
  expect(pidsOf(await host.status())).toEqual(before)
})

it('puts shares of the cores and other limits right that were changed by hand, and names each', async () => {
  const status = await host.status()
  const before = pidsOf(status)
  const [pid, told] = ['web', 'told'].map((stack) => tasksOf(status, stack)[0]?.pid ?? 0) as [number, number]
  const shares = () => knob(pid, 'cpu.weight', 'cpu.shares')
  const wanted = shares()
  for (const one of [pid, told]) writeKnob(one, ['cpu.weight', 'cpu.shares'], '7')
  await host.until((status) => condition(status, 'Drifted', 'told')?.message.includes('limits') ?? false)
  const message = condition(await host.status(), 'Drifted', 'told')?.message
  expect(message).toMatch(/limits: wanted .*cpu\.(weight|shares)=.* found .*cpu\.(weight=7|shares=7)/)
  await expect.poll(shares, { timeout: 30_000 }).toBe(wanted)
  expect(pidsOf(await host.status())).toEqual(before)
  writeKnob(told, ['cpu.weight', 'cpu.shares'], wanted)
  await host.until((status) => condition(status, 'Drifted', 'told') === undefined)
})

it('sets published ports up again that were flushed by hand', async () => {
  const table =
    (await host.run('nft', 'list', 'tables')).split('\n').find((line) => line.includes('setpoint')) ?? ''
  await host.run('nft', 'delete', ...table.split(' '))
  await host.untilHttp(8080, (answer) => answer.body === 'one\n', 30_000)
})

it('only tells of it where the stack says so: field, wanted, found, since when', async () => {
  await host.until((status) => condition(status, 'Drifted', 'told') === undefined)
  const file = await memoryFile('told')
  await writeTo(file, String(128 * 1024 * 1024))
  await host.until((status) => condition(status, 'Drifted', 'told')?.message.includes('memory') ?? false)
  const { json, code } = await host.setpoint('drift', 'told', '--output', 'json')
  expect(code).toBe(1)
  const items = Array.isArray(json) ? json : (json as { drift: DriftItem[] }).drift
  expect(items).toEqual([
    expect.objectContaining({
      stack: 'told',
      service: 'app',
      field: 'memory',
      wanted: '67108864',
      found: '134217728',
      handling: 'report',
      since: expect.stringMatching(/^\d{4}-/),
    }),
  ])
})
