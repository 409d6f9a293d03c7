import type { Log } from '../../schemas/log.ts'
import type { TaskFacts } from '../../schemas/task.ts'
import type { Clock } from '../clock.ts'
import type { Finding } from './findings.ts'

/** Keeps a difference that no repair takes away from being repaired, and its task restarted, for ever. */
export interface RepairLimit {
  /** Those of the fields that may be repaired now; each counts as tried. */
  due(taskId: string, fields: string[]): string[]
  /** Forgets the tries of what is found as it is wanted. */
  found(finding: Finding): void
  forget(taskId: string): void
}

/** Repairs in a row without success until they become rare. */
const TRIES = 3
/** Milliseconds between two repairs from then on. */
const RARELY = 60_000

interface Tries {
  count: number
  at: number
  told: boolean
}

/** A limit that knows of no repair yet. */
export function createRepairLimit({ clock, log }: { clock: Clock; log: Log }): RepairLimit {
  const tried = new Map<string, Map<string, Tries>>()

  return {
    due(taskId, fields) {
      const tries = tried.get(taskId) ?? new Map<string, Tries>()
      tried.set(taskId, tries)
      return fields.filter((field) => {
        const { count, at, told } = tries.get(field) ?? { count: 0, at: 0, told: false }
        if (count >= TRIES && !told) tell(taskId, field)
        const now = clock.now()
        // a clock that was set back must not stop them for longer
        const isDue = count < TRIES || now < at || now >= at + RARELY
        const next = isDue ? { count: count + 1, at: now } : { count, at }
        tries.set(field, { ...next, told: count >= TRIES })
        return isDue
      })
    },
    found({ subject, found }) {
      const tries = tried.get(subject.id)
      for (const field of tries?.keys() ?? []) {
        if (isSame(subject.wanted, found, field as keyof TaskFacts)) tries?.delete(field)
      }
    },
    forget: (taskId) => void tried.delete(taskId),
  }

  function tell(task: string, field: string): void {
    log.warn(
      { task, field, repairs: TRIES },
      'What was repaired is found changed again and again; from now on it is repaired once a minute',
    )
  }
}

function isSame(wanted: TaskFacts, found: TaskFacts, field: keyof TaskFacts): boolean {
  return JSON.stringify(wanted[field]) === JSON.stringify(found[field])
}
