import { SetpointError } from '../../schemas/error.ts'
import { slotName } from '../../schemas/slot.ts'
import type { ProbeTask } from '../health/probe/probe.ts'
import { adoptAll } from './adopt.ts'
import { createChanges } from './changes.ts'
import { createEffects, type EffectDeps } from './effects.ts'
import { createEnds } from './ends.ts'
import { type Entry, needsPorts, serves } from './entry.ts'
import type { WatchHealth } from './health-watch.ts'
import type { Journal } from './journal.ts'
import { removed } from './outcome.ts'
import { createPortHandover } from './port-handover.ts'
import { createPublisher } from './publisher.ts'
import { createRepair } from './repair.ts'
import { createRepairLimit } from './repair-limit.ts'
import { createRunner, type Runner } from './runner.ts'
import { createRunners } from './runners.ts'
import { createSharing } from './sharing.ts'
import { step } from './step.ts'
import { createStrays } from './strays.ts'
import { createSweeper } from './sweeper.ts'
import type { Tasks } from './tasks.ts'
import { createView } from './view.ts'

export interface TasksOptions extends Omit<EffectDeps, 'ownerOf' | 'joinedBy' | 'awaitPorts'> {
  journal: Journal
  watchHealth: WatchHealth
  probe: ProbeTask
}

/** The tasks of this host, run with the parts given: a runner for each, and what they have in common. */
export function createTasks(options: TasksOptions): Tasks {
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
    awaitPorts: createPortHandover(runners),
  })
  const ends = createEnds({ runners, sharing, runtime, clock, log })
  const strays = createStrays({ ...options, isTask: (id) => runners.get(id) !== undefined })
  const view = createView({ entries, failureOf: (id) => publisher.failureOf(id) })
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
  const limit = createRepairLimit({ clock, log })
  const repair = createRepair({ runtime, networks, publisher })
  runtime.onExit((exit) => void ends.told(exit))

  return {
    async adopt() {
      const adopted = await adoptAll(await journal.load(), options)
      await strays.removeHalves(adopted.map(({ task }) => task.id))
      runners.takeUp(adopted)
      await publisher.flush()
      sweeper.atStart()
      const running = adopted.filter(({ status }) => status.state === 'running').length
      log.info({ tasks: adopted.length, running }, 'The tasks of this host are taken up')
    },

    async removeAll(tell) {
      const known = (await journal.load()).map((entry) => step(entry, { type: 'removeWanted' }, clock.now()))
      await Promise.all(
        runners.takeUp(await adoptAll(known, options)).map(async (runner) => {
          const { task } = runner.entry()
          await removed(runner)
          tell(`task ${slotName(task)} (${task.id})`)
        }),
      )
      for (const id of await strays.list()) {
        await strays.remove(id)
        tell(`container ${id}, which had no journal`)
      }
    },

    run: (task) => runners.want(task, null),

    replace({ task, replaces, order, healthDeadline }) {
      const others = replaces.filter((id) => id !== task.id)
      return runners.want(task, { ids: others, order, healthDeadline })
    },

    async remove(taskId) {
      const runner = runners.get(taskId)
      runner?.send({ type: 'removeWanted' })
      if (runner) await removed(runner)
    },

    async repair(taskId, fields) {
      const runner = runners.get(taskId)
      if (!runner) throw unknownTask(taskId)
      const due = limit.due(taskId, fields)
      if (due.length > 0) await repair(runner, due)
    },

    removeStray: strays.remove,

    list: view.list,
    imageUses: view.imageUses,
    known: view.known,
    subjects: view.subjects,
    onChange: changes.listen,
    published: () => publisher.flush(),

    found(news) {
      for (const finding of news) {
        const { id } = finding.subject
        limit.found(finding)
        if (view.found(finding, runners.get(id)?.entry())) changes.touch(id)
      }
    },

    vanished: ends.vanished,
    unheld: ends.unheld,

    async close() {
      changes.close()
      sweeper.close()
      publisher.close()
      runners.close()
      await journal.idle()
    },
  }

  function runnerOf(entry: Entry): Runner {
    return createRunner(entry, {
      ...{ effects, journal, publisher, clock, log, leftover: 'unknown' },
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

function unknownTask(taskId: string): SetpointError {
  return new SetpointError('JOB_REFUSED', `There is no task ${taskId} on this host to repair.`)
}
