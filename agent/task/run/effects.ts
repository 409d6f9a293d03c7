import {
  type ErrorCode,
  type ErrorFacts,
  errorFacts,
  messageOf,
  SetpointError,
} from '../../../schemas/error.ts'
import type { Log } from '../../../schemas/log.ts'
import { slotName } from '../../../schemas/slot.ts'
import type { Task, TaskFacts } from '../../../schemas/task.ts'
import { type Clock, iso } from '../../clock.ts'
import type { ResolvedImage } from '../../image/images.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Entry } from '../entry.ts'
import { createFairLimit } from '../fair-limit.ts'
import type { Joined } from '../neighbours/sharing.ts'
import type { Event } from '../step.ts'
import { describeAddresses, factsOf } from './facts.ts'
import { readLogTail } from './log-tail.ts'
import { type PreparationParts, type PrepareListener, prepare } from './prepare.ts'
import { together } from './together.ts'

/** What is done to the host for a task. Each effect is repeatable and tells how it went as an event. */
export interface Effects {
  /** Image, root, network and volumes. Undefined when it was cancelled first: nobody wants it any more. */
  prepare(entry: Entry, listener: PrepareListener): Promise<Event | undefined>
  /** `leftover`: what may be there of the container: nothing, an ended run to clear, or a run to adopt. */
  start(entry: Entry, leftover: Leftover): Promise<Event>
  /** Sends the stop signal: the service's, else the image's, else SIGTERM. */
  stop(entry: Entry): Promise<void>
  kill(entry: Entry): Promise<void>
  /** Takes everything of the task away but its journal and its volumes. */
  remove(entry: Entry): Promise<void>
  logTail(id: string): Promise<string[]>
}

export type Leftover = 'nothing' | 'ended' | 'unknown'

export interface EffectDeps extends PreparationParts {
  /** The command line of a task: Docker's rule for entrypoint and command. */
  argvOf(spec: Task['container'], image: ResolvedImage['config']): string[]
  clock: Clock
  log: Log
}

/** How many spawning effects run at once: more only makes each slower on the cores there are. */
const AT_ONCE = 5
/** Milliseconds after which one is taken to wait: for a mount, a copy, Redis. */
const PATIENCE = 2_000

/** The effects on this host, by the parts given. */
export function createEffects(deps: EffectDeps): Effects {
  const { runtime, networks, clock, log } = deps
  const limitOf = createFairLimit({ size: AT_ONCE, patience: PATIENCE, clock })

  return {
    async prepare({ task, notKnown }, listener) {
      try {
        if (notKnown !== undefined && !(await isRunning(task))) checkKnown(task, notKnown)
        return await prepare(task, { ...deps, limit: limitOf(task.stack), ...listener })
      } catch (error) {
        return { type: 'rejected', error: factsOfError(error, 'RUNTIME_FAILED') }
      }
    },

    async start(entry, leftover) {
      try {
        const joined = await deps.joinedBy(entry.task) // not within the limit: the other one has to start, too
        return await limitOf(entry.task.stack)(() => start(entry, { leftover, joined }, deps))
      } catch (error) {
        const facts = factsOfError(error, 'RUNTIME_FAILED')
        return { type: 'startFailed', error: facts, logTail: await logTail(entry.task.id) }
      }
    },

    stop({ task, prepared }) {
      const signal = task.container.stopSignal ?? prepared?.image.config.stopSignal
      return runtime.kill(task.id, signal || 'SIGTERM')
    },

    kill: ({ task }) => runtime.kill(task.id, 'SIGKILL'),

    remove: ({ task: { id, stack } }) =>
      limitOf(stack)(async () => {
        await runtime.delete(id)
        await deps.images.unmountFor(id)
        await together(networks.detach(id), together(runtime.purge(id), deps.secrets.remove(id)))
      }),

    logTail,
  }

  /** What runs without being known to is found again when it is to be started. */
  async function isRunning({ id }: Task): Promise<boolean> {
    return (await runtime.state(id))?.status === 'running'
  }

  async function logTail(id: string): Promise<string[]> {
    try {
      return await readLogTail(id, runtime)
    } catch (error) {
      log.warn({ task: id, problem: messageOf(error) }, 'The log of a task cannot be read')
      return []
    }
  }
}

/**
 * A task is never made without a part of what it is to be, which may be what confines it.
 * @throws SetpointError HOST_UNABLE
 */
export function checkKnown(task: Task, notKnown: string | undefined): void {
  if (notKnown === undefined) return
  throw new SetpointError(
    'HOST_UNABLE',
    `${slotName(task)} has ${notKnown}, which this agent does not know: it is not started without it.`,
    { hint: 'Upgrade setpoint-agent on this host to the version of the controller.' },
  )
}

/** The facts of an error; a full disk is told as such whoever met it. */
export function factsOfError(error: unknown, otherwise: ErrorCode): ErrorFacts {
  const facts = errorFacts(error, otherwise)
  const full = (error as NodeJS.ErrnoException)?.code === 'ENOSPC' || /no space left/i.test(facts.message)
  return full && facts.code !== 'DISK_FULL'
    ? { code: 'DISK_FULL', message: facts.message, hint: 'Make room on the host; the agent tries again.' }
    : facts
}

interface StartOptions {
  leftover: Leftover
  joined: Joined | undefined
}

async function start(entry: Entry, { leftover, joined }: StartOptions, deps: EffectDeps): Promise<Event> {
  const { task, prepared, status } = entry
  if (!prepared) throw new Error('the task is not prepared')
  const { runtime, clock } = deps
  const argv = deps.argvOf(task.container, prepared.image.config)
  const addresses = describeAddresses(status)
  const known = await factsOf(task, prepared, { argv, addresses, ports: status.ports })
  // of what an agent before has started nobody knows which run it has joined
  const adopted = leftover === 'unknown' && !joined ? await runtime.state(task.id) : undefined
  if (adopted?.status === 'running') {
    const facts = { ...known, ...limitsIn(runtime, task) }
    return { type: 'started', pid: adopted.pid, at: iso(clock.now()), facts }
  }
  checkKnown(task, entry.notKnown)
  if (leftover !== 'nothing') await runtime.delete(task.id)
  const { image, rootfs, netns, mounts, users } = prepared
  await deps.volumes.check(mounts)
  const container = { task, image, rootfs, netns, mounts, ...(users && { users }) }
  const { pid } = await runtime.create({ ...container, ...(joined && { joined }) })
  if (joined) await checkJoined(joined, runtime)
  const facts = { ...known, ...limitsIn(runtime, task) }
  const at = iso(clock.now()) // before the process can end: an exit is then never older than its start
  await runtime.start(task.id)
  return { type: 'started', pid, at, facts, joined: joined?.run }
}

/** The limits that are in force once the container is made, of those that only the kernel knows to spell. */
function limitsIn(runtime: Runtime, { id, container }: Task): Pick<TaskFacts, 'limits'> {
  const limits = runtime.settings(id, container.resources)
  return limits.length > 0 ? { limits } : {}
}

/** What was joined by a pid was that task's, if the pid is that task's still. */
async function checkJoined({ taskId, pid }: Joined, runtime: Runtime): Promise<void> {
  if ((await runtime.state(taskId))?.pid === pid) return
  throw new SetpointError('RUNTIME_FAILED', `Task ${taskId}, which was to be joined, has just ended.`, {
    hint: 'The agent tries again.',
  })
}
