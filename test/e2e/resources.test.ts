import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { StatsDocument } from '../../schemas/status.ts'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { knob } from '../support/knobs.ts'
import { isConverged, stackOf, tasksOf } from '../support/stacks.ts'

let host: TestHost

const LIMITED = `services:
  db:
    image: ${TEST_IMAGE}
    command: [sh, -c, "ulimit -Sn; ulimit -Hn; grep -o size=.* /proc/mounts | sed -n '/8192k/p'; exec sleep 1000"]
    mem_limit: 64m
    mem_reservation: 32m
    cpu_quota: 20000
    cpu_period: 40000
    cpuset: "0"
    pids_limit: 40
    shm_size: 8m
    oom_score_adj: 300
    ulimits: {nofile: {soft: 100, hard: 200}}
    deploy: {resources: {reservations: {cpus: "0.5"}}}
`

beforeAll(async () => {
  host = await startHost({ files: { 'web/compose.yaml': LIMITED } })
  await host.until(isConverged())
})
afterAll(() => host?.destroy())

const pidOf = async () => tasksOf(await host.status())[0]?.pid ?? 0

it('sets every limit of a compose file in the kernel, as the process sees it too', async () => {
  const pid = await pidOf()
  expect(knob(pid, 'memory.max', 'memory.limit_in_bytes')).toBe(String(64 * 1024 * 1024))
  expect(knob(pid, 'memory.low', 'memory.soft_limit_in_bytes')).toBe(String(32 * 1024 * 1024))
  expect(knob(pid, 'cpu.max', 'cpu.cfs_quota_us')).toMatch(/^20000( 40000)?$/)
  expect(Number(knob(pid, 'cpu.weight', 'cpu.shares'))).toBeLessThanOrEqual(512)
  expect(knob(pid, 'cpuset.cpus', 'cpuset.cpus')).toBe('0')
  expect(knob(pid, 'pids.max', 'pids.max')).toBe('40')
  expect(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8')).toBe('300\n')
  const { stdout } = await host.setpoint('logs', 'web/db')
  expect(stdout).toMatch(/\| 100\n.*\| 200\n.*size=8192k/)
})

it('shows what a task uses, to people, to programs and to Prometheus', async () => {
  const [task] = tasksOf(await host.status())
  const stats = async () => (await host.setpoint('stats', 'web', '--output', 'json')).json as StatsDocument
  await expect.poll(async () => (await stats()).tasks.length, { timeout: 15_000 }).toBe(1)
  const { tasks } = await stats()
  expect(tasks).toMatchObject([{ id: task?.id, stack: 'web', service: 'db', slot: 1 }])
  const { usage } = tasks[0] ?? {}
  expect(usage).toMatchObject({ memoryLimit: 64 * 1024 * 1024, pids: 1, received: expect.any(Number) })
  expect(usage?.memory).toBeGreaterThan(0)
  expect((await host.setpoint('stats')).stdout).toMatch(/^TASK .*\nweb\/db\.1 .* 64 MB /)
  const text = await host.run(
    'curl',
    '-s',
    '--unix-socket',
    `${host.state}/api.sock`,
    'http://localhost/metrics',
  )
  expect(text).toMatch(/^setpoint_task_memory_limit_bytes\{stack="web",service="db",.*\} 67108864$/m)
  expect(text).toMatch(/^setpoint_service_tasks_running\{stack="web",service="db"\} 1$/m)
})

it('rolls back a commit that asks for more than the host has, and says what', async () => {
  const pid = await pidOf()
  const revision = await host.commit({
    'web/compose.yaml': LIMITED.replace('cpuset: "0"', 'cpuset: "0,4095"'),
  })
  const status = await host.until((now) => {
    const { outcome, revision: at } = stackOf(now)
    return outcome === 'rolledBack' && at.attempted === revision
  })
  expect(stackOf(status).failure?.message).toMatch(/Cpuset asks for the cores 0,4095, but this host has/)
  expect(await pidOf()).not.toBe(0)
  expect(knob(await pidOf(), 'cpuset.cpus', 'cpuset.cpus')).toBe('0')
  expect(pid).not.toBe(0)
})
