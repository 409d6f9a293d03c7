import { SetpointError } from '../../schemas/error.ts'
import type { Task } from '../../schemas/task.ts'
import type { Clock } from '../clock.ts'
import type { Entry } from './entry.ts'
import type { Runner } from './runner.ts'

/** Tasks in the network namespace of another one: `network_mode: service:…`, the task of that service in the same slot. */
export interface Sharing {
  /**
   * The id of the task whose namespace is to be shared, once it has one.
   * @throws SetpointError NETWORK_FAILED when it has none within the deadline
   */
  ownerOf(task: Task): Promise<string>
  /** A task has changed: those in a namespace that is not its owner's any more are started again in that one. */
  changed(task: Task): void
}

/** Milliseconds; the image of the owner may have to be pulled, and the preparation is tried again anyway. */
const DEADLINE = 30_000

/** Finds the owners among the runners given, which may change. */
export function createSharing({ runners, clock }: { runners: Map<string, Runner>; clock: Clock }): Sharing {
  /** Of an old and a new owner the one that the slot has still; it is not the one that makes room. */
  function ownerFor(task: Task): Runner | undefined {
    const owners = [...runners.values()].filter((runner) => isOwner(runner.entry(), task))
    return owners.find((runner) => runner.entry().replaces === null) ?? owners[0]
  }

  async function prepared(owner: Runner): Promise<Entry | undefined> {
    let cancel = (): void => {}
    const late = new Promise<undefined>((resolve) => {
      cancel = clock.after(DEADLINE, () => resolve(undefined))
    })
    const settled = owner.until((entry) => entry.prepared !== null || entry.wanted !== 'run')
    return Promise.race([settled, late]).finally(() => cancel())
  }

  function rejoin(runner: Runner): void {
    const { task, prepared: own } = runner.entry()
    if (!own || sharedService(task) === undefined) return
    const owners = ownerFor(task)?.entry().prepared
    if (owners && own.netnsIdentity !== owners.netnsIdentity) runner.send({ type: 'repairWanted' })
  }

  return {
    async ownerOf(task) {
      const owner = ownerFor(task)
      const entry = owner && (await prepared(owner))
      if (entry?.prepared) return entry.task.id
      throw notThere(task)
    },
    changed(task) {
      for (const runner of runners.values()) {
        const { task: other } = runner.entry()
        if (other.id === task.id || isOf(task, other)) rejoin(runner)
      }
    },
  }
}

/** The service whose network a task shares. */
export function sharedService({ container: { networkMode } }: Task): string | undefined {
  return typeof networkMode === 'object' ? networkMode.service : undefined
}

function isOwner({ task, wanted }: Entry, sharer: Task): boolean {
  return wanted !== 'removed' && isOf(task, sharer)
}

/** True when it is this task, or another one of its slot, whose network the sharer uses. */
function isOf(task: Task, sharer: Task): boolean {
  const isPlace = task.stack === sharer.stack && task.slot === sharer.slot
  return isPlace && task.service === sharedService(sharer)
}

function notThere(task: Task): SetpointError {
  const owner = `${task.stack}/${sharedService(task)}.${task.slot}`
  return new SetpointError(
    'NETWORK_FAILED',
    `The network of ${owner} is to be shared, and is not set up on this host.`,
    {
      hint: `See why ${owner} does not start: \`setpoint status ${task.stack}\`.`,
    },
  )
}
