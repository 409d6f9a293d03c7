import type { Log } from '../../../schemas/log.ts'
import type { TaskFacts } from '../../../schemas/task.ts'
import type { Clock } from '../../clock.ts'
import type { Finding } from './findings.ts'
import { needsStart } from './repair.ts'

/** Keeps a difference that no repair takes away from being repaired, and its task restarted, for ever. */
export interface RepairLimit {
  /** Those of the fields that may be repaired now; each counts as tried. */
  due(taskId: string, fields: string[]): string[]
  /** Those of the fields that a start of the task has not put right: none is due until it is found as it is wanted. */
  unhealed(taskId: string): string[]
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
  /** The run that was found before the repair. */
  run: number
  isUnhealed: boolean
}

const NONE: Tries = { count: 0, at: 0, told: false, run: 0, isUnhealed: false }

/** A limit that knows of no repair yet. */
export function createRepairLimit({ clock, log }: { clock: Clock; log: Log }): RepairLimit {
  const tried = new Map<string, Map<string, Tries>>()
  /** The run of each task that was looked at last. */
  const runs = new Map<string, number>()

  return {
    due(taskId, fields) {
      const tries = tried.get(taskId) ?? new Map<string, Tries>()
      tried.set(taskId, tries)
      const run = runs.get(taskId) ?? 0
      return fields.filter((field) => {
        const { count, at, told, isUnhealed } = tries.get(field) ?? NONE
        if (isUnhealed) return false
        if (count >= TRIES && !told) tell(taskId, field)
        const now = clock.now()
        // a clock that was set back must not stop them for longer
        const isDue = count < TRIES || now < at || now >= at + RARELY
        const next = isDue ? { count: count + 1, at: now } : { count, at }
        tries.set(field, { ...next, told: count >= TRIES, run, isUnhealed })
        return isDue
      })
    },
    unhealed: (taskId) =>
      [...(tried.get(taskId) ?? [])].filter(([, { isUnhealed }]) => isUnhealed).map(([field]) => field),
    found({ subject, found }) {
      const { id, run, wanted } = subject
      runs.set(id, run)
      const tries = tried.get(id) ?? new Map<string, Tries>()
      for (const [field, last] of tries) {
        if (isSame(wanted, found, field as keyof TaskFacts)) tries.delete(field)
        else if (needsStart(field) && run > last.run && !last.isUnhealed) giveUp(id, field, last)
      }
    },
    forget(taskId) {
      tried.delete(taskId)
      runs.delete(taskId)
    },
  }

  function giveUp(task: string, field: string, last: Tries): void {
    tried.get(task)?.set(field, { ...last, isUnhealed: true })
    log.warn(
      { task, field },
      'A task was started again for what is found changed as before; it is left as it is',
    )
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
