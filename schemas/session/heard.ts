import type { LogLine } from './request.ts'

/** What a follower has had of the lines of one host, so that it can go on where it was when the host had gone for a while. */
export interface Heard {
  note(line: LogLine): void
  /** The ISO time from which lines are to be asked for again; undefined as long as neither a line nor a start tells of one. */
  since(): string | undefined
  /** Tells the lines that come again apart: true for one that had not come before the gap. */
  missed(): (line: LogLine) => boolean
}

/** Milliseconds by which lines of different tasks may come in another order than they were written. */
const DISORDER = 10_000

/**
 * Goes by the times of the lines, which are the host's own: whoever follows may have a clock that is ahead of it.
 * @param start ISO time from which lines count of tasks that have not been heard of
 */
export function createHeard(start = ''): Heard {
  const last = new Map<string, string>()
  let newest = start
  return {
    note({ taskId, at }) {
      last.set(taskId, at)
      if (at > newest) newest = at
    },
    since() {
      if (newest === '') return undefined
      const before = new Date(Date.parse(newest) - DISORDER).toISOString()
      return before > start ? before : start
    },
    missed() {
      const heard = new Map(last)
      return ({ taskId, at }) => at > (heard.get(taskId) ?? '')
    },
  }
}
