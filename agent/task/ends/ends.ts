import type { Log } from '../../../schemas/log.ts'
import type { Task } from '../../../schemas/task.ts'
import type { Clock } from '../../clock.ts'
import type { Exit, Runtime } from '../../runtime/runtime.ts'
import { KILLED } from '../ended.ts'
import type { Sharing } from '../neighbours/sharing.ts'
import type { Runners } from '../runners.ts'
import { restartUnheld } from './unheld.ts'

/** The ends of processes, brought to their tasks however they come to be known. */
export interface Ends {
  /** conmon has told of one. */
  told(exit: Exit): Promise<void>
  /** The process is not there any more although nobody told of its end. */
  vanished(taskId: string): Promise<void>
  /** The process runs on, and nobody will tell of its end: it is started again. */
  unheld(taskId: string): Promise<void>
}

interface EndsOptions {
  runners: Pick<Runners, 'get'>
  sharing: Sharing
  runtime: Runtime
  clock: Clock
  log: Log
}

/** Brings them to the runners given, which may change. */
export function createEnds({ runners, sharing, runtime, clock, log }: EndsOptions): Ends {
  return {
    async told(exit) {
      const runner = runners.get(exit.id)
      if (!runner) return
      const { task } = runner.entry()
      // That it went with the one whose processes it had joined is no failure of its own.
      if (mayGoWithOwner(task, exit) && (await sharing.endedByOwner(task)))
        runner.send({ type: 'stopping', why: 'repair' })
      await runner.exited(exit)
    },

    async vanished(taskId) {
      const runner = runners.get(taskId)
      if (!runner) return
      const { run } = runner.entry().status
      const state = await runtime.state(taskId)
      if (state?.status === 'running') return
      const { exitCode, oomKilled } = (await runtime.exitOf(taskId)) ?? KILLED
      if (runner.entry().status.run !== run) return
      log.warn({ task: taskId, exitCode, oomKilled }, 'The process of a task is gone and nobody told of it')
      await runner.exited({ exitCode, oomKilled })
    },

    async unheld(taskId) {
      const runner = runners.get(taskId)
      if (runner) await restartUnheld(runner, { runtime, clock, log })
    },
  }
}

function mayGoWithOwner({ container }: Task, { exitCode, oomKilled }: Exit): boolean {
  return typeof container.isolation?.pid === 'object' && exitCode === KILLED.exitCode && !oomKilled
}
