import type { Pinner } from '../registry/pinner.ts'
import type { DeclaredStack } from './declared-stacks.ts'

export interface ImageWatch {
  /** The stacks have changed: looks anew when the next image is due. */
  look(): void
  close(): void
}

export interface ImageWatchOptions {
  stacks: ReadonlyMap<string, DeclaredStack>
  pinner: Pinner
  /** Called with a stack whose images have been looked up again. */
  onStack: (name: string, stack: DeclaredStack) => void
  now: () => Date
}

/** Milliseconds: a clock that is set, or a longer timer than Node has, delays no look by more than this. */
const LONGEST_WAIT = 3_600_000
const SHORTEST_WAIT = 1_000

/** Looks images up again when their time comes (`pull_policy: daily`, `every_…`). */
export function watchImages({ stacks, pinner, onStack, now }: ImageWatchOptions): ImageWatch {
  let timer: NodeJS.Timeout | undefined
  let closed = false

  function look(): void {
    clearTimeout(timer)
    if (closed) return
    const times = [...stacks.values()].flatMap(({ candidate: { spec } }) =>
      typeof spec === 'string' ? [] : (pinner.dueAt(spec)?.getTime() ?? []),
    )
    if (times.length === 0) return
    const wait = Math.min(...times) - now().getTime()
    timer = setTimeout(() => void refreshAll(), Math.min(Math.max(wait, SHORTEST_WAIT), LONGEST_WAIT))
  }

  async function refreshAll(): Promise<void> {
    await Promise.all([...stacks].map(([name, stack]) => refresh(name, stack)))
    look()
  }

  async function refresh(name: string, stack: DeclaredStack): Promise<void> {
    const { candidate, declared } = stack
    if (declared === undefined || typeof candidate.spec === 'string') return
    const spec = await pinner.refresh(declared, candidate.spec)
    const isNewest = stacks.get(name) === stack // a commit may have come meanwhile
    if (spec !== candidate.spec && isNewest && !closed)
      onStack(name, { ...stack, candidate: { ...candidate, spec } })
  }

  return {
    look,
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}
