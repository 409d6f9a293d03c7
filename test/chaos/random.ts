/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** A whole number from 0 up to and without `end`. */
  below(end: number): number
  /** True with a chance of one in `n`. */
  oneIn(n: number): boolean
  pick<T>(from: readonly T[]): T
}

/** mulberry32: 32 bits of state are plenty to choose what to kill. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end: number): number => Math.floor(next() * end)
  return {
    below,
    oneIn: (n) => below(n) === 0,
    pick(from) {
      const found = from[below(from.length)]
      if (found === undefined) throw new Error('nothing to pick from')
      return found
    },
  }
}
