import { closeSync, openSync, readSync } from 'node:fs'
import { gone } from '../kernel-file.ts'

/** What the last `readInPlace` has read. */
let place = Buffer.alloc(64 * 1024)

/**
 * The bytes of a file until the next call: what is read every few seconds and mostly found as it was leaves no garbage.
 * Undefined when the process has ended.
 */
export function readInPlace(file: string): Buffer | undefined {
  try {
    const handle = openSync(file, 'r')
    try {
      const size = fill(handle) // may give another place
      return place.subarray(0, size)
    } finally {
      closeSync(handle)
    }
  } catch (error) {
    return gone(error as NodeJS.ErrnoException)
  }
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
