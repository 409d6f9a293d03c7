import type { StackSpec } from '../../schemas/stack.ts'
import type { Candidate } from '../rollout/accept.ts'
import type { Records } from '../state/records.ts'

/** What the newest commit of a source has of a stack. */
export interface DeclaredStack {
  candidate: Candidate
  /** Formatted. */
  problems: string[]
  /** The spec as its file has it, before its images were pinned. */
  declared?: StackSpec
}

/** A stack of a commit; its entry comes `late` when a registry must be asked first, or something written. */
export type TakenIn =
  | { stack: string; entry: DeclaredStack }
  | { stack: string; late: Promise<DeclaredStack> }

/** The stacks of a source, as last taken in. */
export interface DeclaredStacks {
  all: ReadonlyMap<string, DeclaredStack>
  put(stack: string, entry: DeclaredStack): void
  /**
   * Those of a commit in place of all before: what is late goes on as it was meanwhile, and of those known before that
   * the commit does not have `absent` is said.
   */
  replace(taken: TakenIn[], known: readonly string[], absent: DeclaredStack): void
  /**
   * Calls `arrive` with each that is late, unless others have replaced them by then. No stack waits for another one.
   * @returns what resolves once the last has come; undefined when none is late
   */
  whenLate(taken: TakenIn[], arrive: (stack: string, entry: DeclaredStack) => void): Promise<void> | undefined
}

export function createDeclaredStacks(): DeclaredStacks {
  const all = new Map<string, DeclaredStack>()
  let replaced = 0
  return {
    all,
    put: (stack, entry) => void all.set(stack, entry),
    replace(taken, known, absent) {
      replaced += 1
      const before = new Map(all)
      all.clear()
      for (const stack of [...known, ...before.keys()]) all.set(stack, absent)
      for (const one of taken) {
        const entry = 'entry' in one ? one.entry : before.get(one.stack)
        if (entry) all.set(one.stack, entry)
        else all.delete(one.stack)
      }
    },
    whenLate(taken, arrive) {
      const mine = replaced
      const late = taken.flatMap((one) =>
        'late' in one ? [one.late.then((entry) => mine === replaced && arrive(one.stack, entry))] : [],
      )
      return late.length > 0 ? Promise.all(late).then(() => {}) : undefined
    },
  }
}

/** The names of the stacks that the newest commit has. */
export function presentIn(stacks: ReadonlyMap<string, DeclaredStack>): string[] {
  return [...stacks].filter(([, { candidate }]) => candidate.spec !== 'removed').map(([name]) => name)
}

/** The names of the stacks that were accepted from a source. */
export function recordedStacks(records: Pick<Records, 'list'>, source: string): string[] {
  return records
    .list()
    .filter((record) => record.source === source && record.accepted !== null)
    .map(({ name }) => name)
}
