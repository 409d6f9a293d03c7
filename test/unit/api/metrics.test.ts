import { expect, it } from 'vitest'
import { metricsText } from '../../../controller/api/metrics.ts'
import { aStatus } from './fake-service.ts'

const task = { id: 'web-1', stack: 'shop', service: 'web', slot: 1, host: 'a "b"\\c' }

it('writes what is known in the text format of Prometheus, and nothing of what is not', () => {
  const usage = { cpuSeconds: 1.5, memory: 4096, pids: 3, pressure: { cpu: 0.25 } }
  const text = metricsText(aStatus(), { tasks: [{ ...task, usage }] })
  const labels = 'stack="shop",service="web",slot="1",task="web-1",host="a \\"b\\"\\\\c"'
  expect(text).toContain(
    `# HELP setpoint_task_cpu_seconds_total Core time that a task has used.\n# TYPE setpoint_task_cpu_seconds_total counter\nsetpoint_task_cpu_seconds_total{${labels}} 1.5\n`,
  )
  expect(text).toContain(`setpoint_task_pressure_ratio{${labels},resource="cpu"} 0.25\n`)
  expect(text).toMatch(/^setpoint_leader 1$/m)
  expect(text).toMatch(/^setpoint_stack_ready\{stack="hello"\} [01]$/m)
  expect(text).not.toContain('setpoint_task_memory_limit_bytes')
  for (const line of text.trimEnd().split('\n')) {
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{([a-z_]+="([^"\\]|\\.)*",?)*\})? -?[\d.e+-]+)$/)
  }
})
