import { SetpointError } from '../../../schemas/error.ts'
import { slotName } from '../../../schemas/slot.ts'
import type { Task } from '../../../schemas/task.ts'
import { type Clock, inTime } from '../../clock.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Entry } from '../entry.ts'
import type { Runner } from '../runner.ts'
import type { Runners } from '../runners.ts'

/**
 * Tasks in namespaces of another one: `network_mode: service:…`, `pid: service:…` and `ipc: service:…`, the task of that
 * service in the same slot.
 */
export interface Sharing {
  /**
   * The id of the task whose namespace is to be shared, once it has one.
   * @throws SetpointError NETWORK_FAILED when it has none within the deadline
   */
  ownerOf(task: Task): Promise<string>
  /**
   * The process whose processes or IPC a task is to join, once it runs; undefined for a task that joins none.
   * @throws SetpointError RUNTIME_FAILED when it does not run within the deadline
   */
  joinedBy(task: Task): Promise<Joined | undefined>
  /** True when a process was killed because that one has ended whose processes it had joined (pid_namespaces(7)). */
  endedByOwner(task: Task): Promise<boolean>
  /** A task has changed: those in a namespace that is not its owner's any more are started again in that one. */
  changed(task: Task): void
}

export interface Joined {
  taskId: string
  pid: number
  /** Tells this run of the task from any other. */
  run: string
}

interface SharingDeps {
  runners: Pick<Runners, 'all'>
  runtime: Pick<Runtime, 'state'>
  clock: Clock
}

/** Milliseconds; the image of the owner may have to be pulled, and the preparation is tried again anyway. */
const DEADLINE = 30_000

/** Finds the owners among the runners given, which may change. */
export function createSharing({ runners, runtime, clock }: SharingDeps): Sharing {
  /** Of an old and a new owner the one that the slot has still; it is not the one that makes room. */
  function ownerFor(task: Task, service = sharedService(task)): Runner | undefined {
    const owners = runners.all().filter((runner) => isOwner(runner.entry(), task, service))
    return owners.find((runner) => runner.entry().replaces === null) ?? owners[0]
  }

  function settled(owner: Runner, condition: (entry: Entry) => boolean): Promise<Entry | undefined> {
    const change = owner.until((entry) => condition(entry) || entry.wanted !== 'run')
    return inTime(clock, DEADLINE, change)
  }

  function rejoin(runner: Runner): void {
    const { task, prepared: own } = runner.entry()
    if (!own || sharedService(task) === undefined) return
    const owners = ownerFor(task)?.entry().prepared
    if (owners && own.netnsIdentity !== owners.netnsIdentity) runner.send({ type: 'repairWanted' })
  }

  /** Who has joined the IPC of a run that has ended is still in that one. */
  function joinAnew(runner: Runner): void {
    const { task, joined, status } = runner.entry()
    if (joined === undefined || status.state !== 'running') return
    const owner = ownerFor(task, joinedService(task))?.entry()
    if (owner && isRunning(owner) && runOf(owner) !== joined) runner.send({ type: 'repairWanted' })
  }

  return {
    async joinedBy(task) {
      const service = joinedService(task)
      if (service === undefined) return undefined
      const owner = ownerFor(task, service)
      const entry = owner && (await settled(owner, isRunning))
      if (entry?.status.pid === undefined || !isRunning(entry)) throw notRunning(task, service)
      return { taskId: entry.task.id, pid: entry.status.pid, run: runOf(entry) }
    },
    async endedByOwner(task) {
      if (typeof task.container.isolation?.pid !== 'object') return false
      const owner = ownerFor(task, joinedService(task))?.entry().task.id
      return owner === undefined || (await runtime.state(owner))?.status !== 'running'
    },
    async ownerOf(task) {
      const owner = ownerFor(task)
      const entry = owner && (await settled(owner, isPrepared))
      if (entry?.prepared) return entry.task.id
      throw notThere(task)
    },
    changed(task) {
      for (const runner of runners.all()) {
        const { task: other } = runner.entry()
        if (other.id === task.id || isOf(task, other, sharedService(other))) rejoin(runner)
        if (isOf(task, other, joinedService(other))) joinAnew(runner)
      }
    },
  }
}

/** The service whose network a task shares. */
export function sharedService({ container: { networkMode } }: Task): string | undefined {
  return typeof networkMode === 'object' ? networkMode.service : undefined
}

/** The service whose processes or IPC a task joins; both are of one (`controller/desired/spec/checks/shared.ts`). */
function joinedService({ container: { isolation = {} } }: Task): string | undefined {
  const { pid, ipc } = isolation
  if (typeof pid === 'object') return pid.service
  return typeof ipc === 'object' ? ipc.service : undefined
}

const isPrepared = ({ prepared }: Entry) => prepared !== null
const isRunning = ({ status, stop }: Entry) => status.state === 'running' && stop === null
const runOf = ({ task, status }: Entry) => `${task.id}/${status.run}`

function isOwner({ task, wanted }: Entry, sharer: Task, service: string | undefined): boolean {
  return wanted !== 'removed' && isOf(task, sharer, service)
}

/** True when it is this task, or another one of its slot, of which the sharer uses something. */
function isOf(task: Task, sharer: Task, service: string | undefined): boolean {
  const isPlace = task.stack === sharer.stack && task.slot === sharer.slot
  return isPlace && task.service === service
}

function notThere(task: Task): SetpointError {
  const owner = slotName({ ...task, service: sharedService(task) ?? '' })
  return new SetpointError(
    'NETWORK_FAILED',
    `The network of ${owner} is to be shared, and is not set up on this host.`,
    {
      hint: `See why ${owner} does not start: \`setpoint status ${task.stack}\`.`,
    },
  )
}

function notRunning(task: Task, service: string): SetpointError {
  const owner = slotName({ ...task, service })
  return new SetpointError(
    'RUNTIME_FAILED',
    `The processes or IPC of ${owner} are to be joined, and it does not run on this host.`,
    { hint: `See why ${owner} does not run: \`setpoint status ${task.stack}\`.` },
  )
}
