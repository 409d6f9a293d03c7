/** What many write and one reads. */
export interface Pieces<T> {
  /** Resolves when there is room for more. */
  put(piece: T): Promise<void>
  /** What is there now. */
  ready(): T[]
  /** What comes, until `end`. */
  all(): AsyncGenerator<T>
  end(): void
}

const MOST_PIECES = 64

/** A queue from many to one with little room: who is too fast has to wait. */
export function createPieces<T>(): Pieces<T> {
  const pieces: T[] = []
  let ended = false
  let wake = () => {}
  const writers: (() => void)[] = []
  return {
    async put(piece) {
      pieces.push(piece)
      wake()
      while (pieces.length > MOST_PIECES && !ended) {
        await new Promise<void>((resolve) => writers.push(resolve))
      }
    },
    ready: () => pieces.splice(0),
    async *all() {
      while (!ended) {
        yield* pieces.splice(0)
        for (const go of writers.splice(0)) go()
        if (pieces.length === 0 && !ended) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      }
    },
    end() {
      ended = true
      wake()
      for (const go of writers.splice(0)) go()
    },
  }
}
