import { SetpointError } from '../../schemas/error.ts'
import { slotName } from '../../schemas/slot.ts'
import { adoptAll } from './adopt.ts'
import { removed } from './outcome.ts'
import { joinParts, type TasksOptions } from './parts.ts'
import { step } from './step.ts'
import type { Tasks } from './tasks.ts'

export type { TasksOptions } from './parts.ts'

/** The tasks of this host, run with the adapters given. */
export function createTasks(options: TasksOptions): Tasks {
  const { runtime, journal, clock, log } = options
  const { runners, ends, strays, view, changes, publisher, sweeper, limit, repair } = joinParts(options)
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
}

function unknownTask(taskId: string): SetpointError {
  return new SetpointError('JOB_REFUSED', `There is no task ${taskId} on this host to repair.`)
}
