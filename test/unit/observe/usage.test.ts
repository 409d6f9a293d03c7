import { expect, it } from 'vitest'
import { createUsage } from '../../../agent/observe/usage.ts'
import type { TaskStatus } from '../../../schemas/task.ts'

it('tells cores from two readings of one process, and nothing of tasks that do not run', () => {
  let now = 0
  let cpuSeconds = 10
  const tasks = [
    { id: 'a', state: 'running', pid: 7 },
    { id: 'b', state: 'failed', pid: 8 },
    { id: 'c', state: 'running', pid: 9 },
  ] as unknown as TaskStatus[]
  const usage = createUsage({
    tasks: () => tasks,
    runtime: { usage: (id) => (id === 'a' ? { cpuSeconds, memory: 1, pids: 1 } : undefined) },
    now: () => now,
  })
  expect(usage()).toEqual({ a: { cpuSeconds: 10, memory: 1, pids: 1 } })
  ;[now, cpuSeconds] = [10_000, 12.5]
  expect(usage()).toEqual({ a: { cpuSeconds: 12.5, cores: 0.25, memory: 1, pids: 1 } })
  now = 15_000 // the next snapshot: the last reading is told again
  cpuSeconds = 20
  expect(usage().a?.cores).toBe(0.25)
  ;[now, cpuSeconds] = [20_000, 1]
  Object.assign(tasks[0] ?? {}, { pid: 70 }) // another run
  expect(usage()).toEqual({ a: { cpuSeconds: 1, memory: 1, pids: 1 } })
})
