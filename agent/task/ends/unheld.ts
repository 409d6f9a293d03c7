import type { Log } from '../../../schemas/log.ts'
import type { Clock } from '../../clock.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { KILLED } from '../ended.ts'
import type { Runner } from '../runner.ts'

interface UnheldDeps {
  runtime: Pick<Runtime, 'state' | 'isHeld'>
  clock: Clock
  log: Log
}

/** Milliseconds between two looks whether the process has ended. */
const LOOK = 100

/**
 * Starts a task again whose conmon was killed: its process writes to a pipe that nobody reads, and an end of it would go
 * unnoticed. It is told to stop like any other (containerd, whose shim is gone, kills it at once), and looked at until it
 * has ended.
 */
export async function restartUnheld(runner: Runner, { runtime, clock, log }: UnheldDeps): Promise<void> {
  const { task, status, notKnown } = runner.entry()
  if (notKnown !== undefined) return // it could not be started again; that it has ended is noticed by looking
  const isRunning = async () => (await runtime.state(task.id))?.status === 'running'
  if (status.state !== 'running' || !(await isRunning()) || (await runtime.isHeld(task.id))) return
  log.warn({ task: task.id }, 'The conmon of a task is gone: the task is started again')
  runner.send({ type: 'repairWanted' })
  void untilEnded()

  async function untilEnded(): Promise<void> {
    while (isSameRun()) {
      if (!(await isRunning())) return runner.exited(KILLED)
      await new Promise<void>((resolve) => void clock.after(LOOK, resolve))
    }
  }

  function isSameRun(): boolean {
    const now = runner.entry().status
    return now.state === 'running' && now.run === status.run
  }
}
