import type { Stray } from '../../schemas/report.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Tasks } from '../task/tasks.ts'

/** The containers of this agent that no journal knows. */
export interface Strays {
  look(): Promise<void>
  /** Those of the last look. */
  list(): Stray[]
  /** Calls the listener when they are others than before. */
  onChange(listener: () => void): void
}

export interface StraysOptions {
  tasks: Pick<Tasks, 'list'>
  runtime: Pick<Runtime, 'list'>
}

export function createStrays({ tasks, runtime }: StraysOptions): Strays {
  const listeners: (() => void)[] = []
  let strays: Stray[] = []

  return {
    async look() {
      const containers = await runtime.list(taskIds())
      const known = taskIds() // one may have come while the folders were read
      const seen = containers
        .filter(({ id }) => !known.has(id))
        .map(({ id, pid }) => ({ containerId: id, pid, since: firstSeen(id) }))
        .sort((a, b) => (a.containerId < b.containerId ? -1 : 1))
      if (JSON.stringify(seen) === JSON.stringify(strays)) return
      strays = seen
      for (const listener of listeners) listener()
    },
    list: () => strays,
    onChange: (listener) => void listeners.push(listener),
  }

  function taskIds(): Set<string> {
    return new Set(tasks.list().map(({ id }) => id))
  }

  function firstSeen(id: string): string {
    return strays.find(({ containerId }) => containerId === id)?.since ?? new Date().toISOString()
  }
}
