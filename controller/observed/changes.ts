import { messageOf } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import type { Merged } from './merge.ts'

type Listener = (stacks: Set<string> | null) => void

export interface Changes {
  listen(listener: Listener): void
  note(change: Pick<Merged, 'stacks' | 'whole'> | undefined): void
}

/** Tells of changes; those that come together are told together. */
export function createChanges(log: Log): Changes {
  const listeners: Listener[] = []
  let pending: { stacks: Set<string>; whole: boolean } | undefined

  function tell(): void {
    const { stacks, whole } = pending ?? { stacks: new Set(), whole: false }
    pending = undefined
    for (const listener of listeners) guarded(() => listener(whole ? null : new Set(stacks)), log)
  }

  return {
    listen: (listener) => void listeners.push(listener),
    note: (change) => {
      if (!change || (!change.whole && change.stacks.size === 0)) return
      if (!pending) setImmediate(tell)
      pending ??= { stacks: new Set(), whole: false }
      pending.whole ||= change.whole
      for (const stack of change.stacks) pending.stacks.add(stack)
    },
  }
}

/** Calls somebody else's function; what it throws must not stop the reports. */
export function guarded(call: () => void, log: Log): void {
  try {
    call()
  } catch (error) {
    log.error({ problem: messageOf(error) }, 'A listener of the fleet threw')
  }
}
