import type { ProbeTask } from '../health/probe/probe.ts'
import { createChanges } from './changes.ts'
import { createEnds, type Ends } from './ends/ends.ts'
import { type Entry, needsPorts, serves } from './entry.ts'
import type { Journal } from './journal/journal.ts'
import { createStrays, type Strays } from './leftovers/strays.ts'
import { createSweeper, type Sweeper } from './leftovers/sweeper.ts'
import { createPortHandover } from './neighbours/port-handover.ts'
import { createSharing } from './neighbours/sharing.ts'
import { createPublisher, type Publisher } from './publisher.ts'
import { createRepair, type Repair } from './repair/repair.ts'
import { createRepairLimit, type RepairLimit } from './repair/repair-limit.ts'
import { createEffects, type EffectDeps } from './run/effects.ts'
import type { WatchHealth } from './run/health-watch.ts'
import { createRunner, type Runner } from './runner.ts'
import { createRunners, type Runners } from './runners.ts'
import { createView, type View } from './view.ts'

export interface TasksOptions extends Omit<EffectDeps, 'ownerOf' | 'joinedBy' | 'awaitPorts'> {
  journal: Journal
  watchHealth: WatchHealth
  probe: ProbeTask
}

/** What the verbs of Tasks work with. */
export interface TaskParts {
  runners: Runners
  ends: Ends
  strays: Strays
  view: View
  changes: ReturnType<typeof createChanges>
  publisher: Publisher
  sweeper: Sweeper
  limit: RepairLimit
  repair: Repair
}

/** Makes the parts and joins them: a runner for each task, and what tasks have in common. */
export function joinParts(options: TasksOptions): TaskParts {
  const { runtime, networks, journal, clock, log } = options
  const runners = createRunners({
    create: runnerOf,
    onTaken: (id) => changes.touch(id),
    onGone: forget,
    clock,
  })
  const { entries } = runners
  const sharing = createSharing({ runners, runtime, clock })
  const effects = createEffects({
    ...options,
    ownerOf: sharing.ownerOf,
    joinedBy: sharing.joinedBy,
    awaitPorts: createPortHandover(runners, clock),
  })
  const ends = createEnds({ runners, sharing, runtime, clock, log })
  const strays = createStrays({ ...options, isTask: (id) => runners.get(id) !== undefined })
  const limit = createRepairLimit({ clock, log })
  const view = createView({
    entries,
    failureOf: (id) => publisher.failureOf(id),
    unhealed: limit.unhealed,
  })
  const changes = createChanges(clock, statusOf)
  const publisher = createPublisher({
    publish: (endpoints) => networks.publish(endpoints),
    serving: () => entries().filter(serves).map(endpointOf),
    onFailure() {
      for (const { task } of entries().filter(needsPorts)) changes.touch(task.id)
    },
    clock,
    log,
  })
  const sweeper = createSweeper({ ...options, entries })
  const repair = createRepair({ runtime, networks, publisher })
  return { runners, ends, strays, view, changes, publisher, sweeper, limit, repair }

  function runnerOf(entry: Entry): Runner {
    return createRunner(entry, {
      effects,
      journal,
      publisher,
      clock,
      log,
      leftover: 'unknown',
      watchHealth: options.watchHealth,
      probe: options.probe,
      makeRoom: runners.makeRoom,
      onChange({ task }) {
        changes.touch(task.id)
        sharing.changed(task)
      },
    })
  }

  function forget(id: string): void {
    view.forget(id)
    limit.forget(id)
    changes.touch(id)
    sweeper.afterTask()
  }

  function statusOf(id: string) {
    const entry = runners.get(id)?.entry()
    return entry && view.statusOf(entry)
  }
}

function endpointOf({ task, status }: Entry) {
  return { task, addresses: status.addresses, addresses6: status.addresses6 }
}
