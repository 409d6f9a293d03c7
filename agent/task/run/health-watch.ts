import type { Health, Probe } from '../../../schemas/task.ts'
import type { WatchHealthOptions } from '../../health/monitor.ts'
import type { ProbeTask } from '../../health/probe/probe.ts'
import type { Entry } from '../entry.ts'

/** Watches the health of a container, see agent/health. */
export type WatchHealth = (options: Omit<WatchHealthOptions, 'clock'>) => { stop(): void }

interface HealthWatchOptions {
  watchHealth: WatchHealth
  probe: ProbeTask
  onChange: (health: Health, probes: Probe[]) => void
}

/** A watch that is on exactly while the process of the task runs, is wanted, and is not being stopped. */
export function createHealthWatch({ watchHealth, probe, onChange }: HealthWatchOptions): {
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
    follow(entry) {
      const { status, stop: stopping, wanted, prepared } = entry
      if (status.state !== 'running' || stopping || wanted !== 'run') return stop()
      if (!prepared?.healthcheck || watch) return
      const { healthcheck } = prepared
      const address = addressOf(entry)
      const startedAt = status.startedAt ?? status.since
      watch = watchHealth({
        healthcheck,
        startedAt,
        probe: () => probe({ id: status.id, address, healthcheck }),
        onChange,
        health: status.health,
      })
    },
  }
}

/** Where the host reaches the task: in its own network by the address of its first one. */
function addressOf({ prepared, status }: Entry): string | undefined {
  if (prepared?.netns === null) return '127.0.0.1'
  return (
    prepared?.reachedAt ?? Object.values(status.addresses)[0] ?? Object.values(status.addresses6 ?? {})[0]
  )
}
