/** Runs what it is given, so many at a time, in the order of asking. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>

/** A limit of `size` pieces of work at once. */
export function createLimit(size: number): Limit {
  let free = size
  const queue: (() => void)[] = []

  const release = () => {
    const first = queue.shift()
    if (first) first()
    else free += 1
  }
  const acquire = () =>
    new Promise<void>((resolve) => {
      if (free === 0) {
        queue.push(resolve)
        return
      }
      free -= 1
      resolve()
    })

  return async (work) => {
    await acquire()
    try {
      return await work()
    } finally {
      release()
    }
  }
}
