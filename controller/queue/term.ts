import { SetpointError } from '../../schemas/error.ts'
import type { HostQueues } from './host-queues.ts'
import { createUnderWay, type UnderWayList } from './under-way.ts'

/** One time of leading: from the gain of an epoch to its end. */
export interface Term {
  epoch: number
  underWay: UnderWayList
  /** The next sequence number: a new epoch begins at 0. */
  next(): number
}

export interface Terms {
  /**
   * The present term, once nothing of an earlier one waits at `hosts` or at any host that ever reported: what an
   * earlier leader wanted may be out of date, and a job of its epoch would keep the same order from being queued.
   */
  enter(hosts: string[]): Promise<Term>
  /** @throws SetpointError NOT_LEADER when the term is over */
  check(term: Term): void
}

/** `epoch` throws while this controller does not lead. */
export function createTerms(queues: HostQueues, epoch: () => number): Terms {
  let current: (Term & { sweeps: Map<string, Promise<void>>; reported?: string[] }) | undefined

  function present(): NonNullable<typeof current> {
    const now = epoch()
    if (current?.epoch !== now) current = { ...begin(now), sweeps: new Map() }
    return current
  }

  /** Once a term and host; what failed is tried again by the next one. */
  function sweep(host: string, sweeps: Map<string, Promise<void>>): Promise<void> {
    const under = sweeps.get(host)
    if (under) return under
    const swept = queues.of(host).drain(true)
    sweeps.set(host, swept)
    swept.catch(() => sweeps.delete(host))
    return swept
  }

  return {
    enter: async (hosts) => {
      const term = present()
      term.reported ??= await queues.names()
      await Promise.all([...term.reported, ...hosts].map((host) => sweep(host, term.sweeps)))
      return term
    },
    check: (term) => {
      if (epoch() !== term.epoch) throw new SetpointError('NOT_LEADER', 'The leadership changed meanwhile.')
    },
  }
}

function begin(epoch: number): Term {
  let sequence = 0
  return { epoch, underWay: createUnderWay(), next: () => sequence++ }
}
