import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { isLiving, parseProcessStat } from '../process-stat.ts'

/**
 * When a process began, in clock ticks after boot (proc(5), field 22 of stat): tells it from a later one with the same
 * pid. Undefined when it has ended. A file of
 * /proc is made as it is read: that takes microseconds, and no other thread.
 * @param proc where procfs is mounted
 */
export function startTimeOf(proc: string, pid: number): number | undefined {
  const text = unlessGone(() => readFileSync(`${proc}/${pid}/stat`, 'utf8'))
  if (text === undefined) return undefined
  const stat = parseProcessStat(text)
  return isLiving(stat) ? stat.startTime : undefined
}

/** What the last `readInPlace` has read. */
let place = Buffer.alloc(64 * 1024)

/**
 * The bytes of a file until the next call: what is read every few seconds and mostly found as it was leaves no garbage.
 * Undefined when the process has ended.
 */
export function readInPlace(file: string): Buffer | undefined {
  return unlessGone(() => {
    const handle = openSync(file, 'r')
    try {
      const size = fill(handle)
      return place.subarray(0, size)
    } finally {
      closeSync(handle)
    }
  })
}

/** Makes the place larger when the file does not fit. Gives the size of the file in bytes. */
function fill(handle: number): number {
  let size = 0
  for (let count = -1; count !== 0; size += count) {
    if (size === place.length) place = Buffer.concat([place], 2 * size)
    count = readSync(handle, place, size, place.length - size, null)
  }
  return size
}

function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
