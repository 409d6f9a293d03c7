import type { TaskStatus } from '../../schemas/task.ts'
import type { Usage } from '../../schemas/usage.ts'
import type { Runtime } from '../runtime/runtime.ts'

export interface UsageOptions {
  tasks: () => TaskStatus[]
  runtime: Pick<Runtime, 'usage'>
  /** Milliseconds. */
  now: () => number
}

interface Reading {
  pid: number
  at: number
  usage: Usage
}

/** Milliseconds for which a reading is told again: the kernel adds up a cgroup's counters anew for whoever asks. */
const SHORTEST = 9_000

/**
 * What the running tasks use, by id. It is read for every second snapshot and at no other time: the heartbeat pays for
 * it, and whoever looks at the fleet afterwards asks no host.
 */
export function createUsage({ tasks, runtime, now }: UsageOptions): () => Record<string, Usage> {
  let last = new Map<string, Reading>()

  function read({ id, pid = 0 }: TaskStatus): [string, Reading][] {
    const before = last.get(id)
    const known = before?.pid === pid ? before : undefined
    const at = now()
    if (known && at - known.at < SHORTEST) return [[id, known]]
    const usage = runtime.usage(id, pid)
    return usage ? [[id, { pid, at, usage: { ...usage, ...rateOf(known, { usage, at }) } }]] : []
  }

  return () => {
    const running = tasks().filter(({ state, pid }) => state === 'running' && pid !== undefined)
    last = new Map(running.flatMap(read))
    return Object.fromEntries([...last].map(([id, { usage }]) => [id, usage]))
  }
}

function rateOf(before: Reading | undefined, { usage, at }: Omit<Reading, 'pid'>): Pick<Usage, 'cores'> {
  if (!before) return {}
  const cores = ((usage.cpuSeconds - before.usage.cpuSeconds) * 1000) / (at - before.at)
  return { cores: Math.round(Math.max(0, cores) * 1000) / 1000 }
}
