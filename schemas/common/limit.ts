/** Runs what it is given, so many at a time, in the order of asking. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>

/** A limit of `size` pieces of work at once. */
export function createLimit(size: number): Limit {
  const waiting: (() => void)[] = []
  let free = size

  return async (work) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    else free -= 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
}
