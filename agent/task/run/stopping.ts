import { KILLED } from '../ended.ts'
import type { StopReason } from '../entry.ts'
import type { TaskContext } from './context.ts'

/**
 * Milliseconds between the last connection that was led to a task and its stop signal: what was under way by then is
 * taken by the process, which a signal could keep from it, and who had just asked for its address gets through.
 */
const LAST_CONNECTIONS = 100
/** Milliseconds until an exit that nobody told of is taken for granted after SIGKILL. */
const KILL_WAIT = 5_000

/** Leads traffic away from a task, then tells its process to end. */
export async function stop(context: TaskContext, why: StopReason): Promise<void> {
  const { id, entry, send, publisher, effects } = context
  const isReached = publisher.leadsTo(id) && entry().task.container.networks.length > 0
  send({ type: 'stopping', why })
  await publisher.flush() // no traffic to a process that is told to end
  if (isReached && why !== 'unhealthy') await pause(context, LAST_CONNECTIONS)
  if (entry().status.state !== 'running') return
  try {
    await effects.stop(entry())
  } finally {
    // noted once it is sent: after a crash in between it is sent again, and what is noted but not sent would never be
    send({ type: 'signalled' })
  }
}

/** Ends a process that did not heed its stop signal; resolves once it has ended, told of or not. */
export async function kill({ entry, send, until, clock, effects }: TaskContext): Promise<void> {
  const ended = until(({ status }) => status.state !== 'running')
  const cancel = clock.after(KILL_WAIT, () => send({ type: 'exited', exit: KILLED, logTail: [] }))
  await effects.kill(entry())
  await ended
  cancel()
}

function pause({ clock }: TaskContext, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve))
}
