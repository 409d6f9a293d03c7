import type { Limit } from '../../schemas/common/limit.ts'
import type { Clock } from '../clock.ts'

interface FairLimitOptions {
  /** How many pieces of work count at once. */
  size: number
  /** Milliseconds for which one counts: whoever works is done by then, and whoever waits for others takes no turn. */
  patience: number
  clock: Pick<Clock, 'after'>
}

interface Waiting {
  stack: string
  begin: () => void
}

/**
 * A limit that the stacks of a host share: what has begun goes on for as long as it takes, and the stack that has the least
 * under way is next, so that no stack waits for another one's servers.
 */
export function createFairLimit({ size, patience, clock }: FairLimitOptions): (stack: string) => Limit {
  const underWay = new Map<string, number>()
  const waiting: Waiting[] = []
  let free = size

  const countOf = (stack: string) => underWay.get(stack) ?? 0

  function count(stack: string, change: 1 | -1): void {
    const now = countOf(stack) + change
    if (now === 0) underWay.delete(stack)
    else underWay.set(stack, now)
  }

  function giveBack(): void {
    const least = Math.min(...waiting.map(({ stack }) => countOf(stack)))
    const index = waiting.findIndex(({ stack }) => countOf(stack) === least)
    const [next] = index < 0 ? [] : waiting.splice(index, 1)
    if (next === undefined) free += 1
    else begin(next)
  }

  function begin(next: Waiting): void {
    count(next.stack, 1)
    next.begin()
  }

  function turn(stack: string): Promise<void> {
    return new Promise((resolve) => {
      const next = { stack, begin: resolve }
      if (free === 0) return void waiting.push(next)
      free -= 1
      begin(next)
    })
  }

  return (stack) => async (work) => {
    await turn(stack)
    let isHeld = true
    const letGo = () => {
      if (isHeld) giveBack()
      isHeld = false
    }
    const cancel = clock.after(patience, letGo)
    try {
      return await work()
    } finally {
      cancel()
      count(stack, -1)
      letGo()
    }
  }
}
