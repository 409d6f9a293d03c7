/** Work on one thing follows one after the other; work on different things does not wait. */
export type OneByOne = <T>(key: string, work: () => Promise<T>) => Promise<T>

/** Keeps work of one key in the order of the calls; work that fails holds up none. */
export function createOneByOne(): OneByOne {
  const last = new Map<string, Promise<unknown>>()
  return (key, work) => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work)
    const settled = mine.catch(() => {}) // its own caller is told
    last.set(key, settled)
    void settled.then(() => {
      if (last.get(key) === settled) last.delete(key)
    })
    return mine
  }
}
