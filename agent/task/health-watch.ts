import type { Healthcheck } from '../../schemas/healthcheck.ts'
import type { Health, Probe } from '../../schemas/task.ts'
import type { ExecResult } from '../runtime/runtime.ts'
import type { Entry } from './entry.ts'

/** Watches the health of a container, see agent/health. */
export type WatchHealth = (options: {
  healthcheck: Healthcheck
  /** ISO time at which the process started. */
  startedAt: string
  probe: (argv: string[], timeout: number) => Promise<ExecResult>
  onChange: (health: Health, probe?: Probe) => void
  /** What was known before, of a task that was adopted. */
  health: Health
}) => { stop(): void }

interface HealthWatchOptions {
  watchHealth: WatchHealth
  exec: (argv: string[], timeout: number) => Promise<ExecResult>
  onChange: (health: Health, probe?: Probe) => void
}

/** A watch that is on exactly while the process of the task runs, is wanted, and is not being stopped. */
export function createHealthWatch({ watchHealth, exec, onChange }: HealthWatchOptions): {
  follow(entry: Entry): void
  stop(): void
} {
  let watch: { stop(): void } | undefined
  const stop = () => {
    watch?.stop()
    watch = undefined
  }
  return {
    stop,
    follow({ status, stop: stopping, wanted, prepared }) {
      if (status.state !== 'running' || stopping || wanted !== 'run') return stop()
      if (!prepared?.healthcheck || watch) return
      const startedAt = status.startedAt ?? status.since
      watch = watchHealth({
        healthcheck: prepared.healthcheck,
        startedAt,
        probe: exec,
        onChange,
        health: status.health,
      })
    },
  }
}
