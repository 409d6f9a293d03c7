import type { Problem } from '../../../../schemas/problem.ts'
import { type Cursor, fail } from '../../cursor.ts'

/** The most ports that the ranges of one project stand for. */
const MAX_SPREAD = 100_000

/**
 * How many ports the ranges of a project have come to stand for; each project has a list of problems of its own.
 * A range is short to write and, where aliases repeat it, without limit to hold.
 */
const spreadSoFar = new WeakMap<Problem[], number>()

/** Whether a range of so many ports may become single ports; false after a problem has been noted. */
export function mayStillSpread(at: Cursor, count: number): boolean {
  if (count === 1) return true
  const total = (spreadSoFar.get(at.problems) ?? 0) + count
  if (total > MAX_SPREAD) {
    fail(at, `the ranges of ports stand for more than ${MAX_SPREAD} ports; publish fewer`)
    return false
  }
  spreadSoFar.set(at.problems, total)
  return true
}
