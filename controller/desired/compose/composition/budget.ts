import { type Cursor, fail } from '../../cursor.ts'
import { type Extents, extentOf, MAX_EXPANDED } from '../../yaml/extent.ts'
import type { Node } from '../../yaml/node.ts'

/** The most files that a project may include and extend, each counted once a place that reads it anew. */
export const MAX_FILES = 300
/** The most that may be taken in by `include` and `extends`, each value counted wherever it is taken in. */
export const MAX_TAKEN_VALUES = 200_000
export const MAX_TAKEN_BYTES = 32 * 1024 * 1024

/** The most values of all documents of a project, each document counted whenever it is gone through. */
export const MAX_READ_VALUES = 300_000

/** The most ports that the ranges of one project stand for: a range is short to write, and aliases repeat it. */
export const MAX_SPREAD = 100_000

/** What a project may still read, include and extend (docs/laws.md, 11). */
export interface Budget {
  isExceeded: () => boolean
  /** False once there are too many files; the first time that is told at the place. */
  takeFile: (at: Cursor) => boolean
  /** The same for what is taken in of them. */
  take: (node: Node, at: Cursor) => boolean
  /** The same for a document that is to be gone through. */
  read: (document: Node, at: Cursor) => boolean
  /** The same for the bytes of files of variables, and of what these come to. */
  takeVariables: (bytes: number, at: Cursor) => boolean
  /** False for a range of so many ports that is too long to become single ones, which is told at each such place. */
  takePorts: (count: number, at: Cursor) => boolean
}

/** The whole budget of a project, of which nothing is used yet. */
export function createBudget(): Budget {
  const extents: Extents = new Map()
  let isExceeded = false
  let files = 0
  let values = 0
  let bytes = 0
  let readValues = 0
  let variables = 0
  let ports = 0
  return { isExceeded: () => isExceeded, takeFile, take, read, takeVariables, takePorts }

  function takeFile(at: Cursor): boolean {
    files++
    return files <= MAX_FILES || exceeded(at, `more than ${MAX_FILES} files are included and extended`)
  }

  function take(node: Node, at: Cursor): boolean {
    const extent = extentOf(node, extents)
    values += extent.values
    bytes += extent.bytes
    if (values > MAX_TAKEN_VALUES) return exceeded(at, taken(`${MAX_TAKEN_VALUES} values`))
    return bytes <= MAX_TAKEN_BYTES || exceeded(at, taken(`${MAX_TAKEN_BYTES} bytes`))
  }

  function read(document: Node, at: Cursor): boolean {
    readValues += extentOf(document, extents).values
    if (readValues <= MAX_READ_VALUES) return true
    return exceeded(at, `the documents together have more than ${MAX_READ_VALUES} values`)
  }

  function takeVariables(taken: number, at: Cursor): boolean {
    variables += taken
    if (variables <= MAX_EXPANDED) return true
    return exceeded(at, `the env files of includes have more than ${MAX_EXPANDED} bytes of variables`)
  }

  function takePorts(count: number, at: Cursor): boolean {
    if (ports + count > MAX_SPREAD) {
      fail(at, `the ranges of ports stand for more than ${MAX_SPREAD} ports; publish fewer`)
      return false
    }
    ports += count
    return true
  }

  function exceeded(at: Cursor, message: string): false {
    if (!isExceeded) fail(at, `${message}; split the project into several`)
    isExceeded = true
    return false
  }
}

function taken(limit: string): string {
  return `more than ${limit} are taken in by include and extends`
}
