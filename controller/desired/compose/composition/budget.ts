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
  const { limit, isExceeded } = createLimits()
  const files = limit(MAX_FILES, `more than ${MAX_FILES} files are included and extended`)
  const values = limit(MAX_TAKEN_VALUES, taken(`${MAX_TAKEN_VALUES} values`))
  const bytes = limit(MAX_TAKEN_BYTES, taken(`${MAX_TAKEN_BYTES} bytes`))
  const documents = `the documents together have more than ${MAX_READ_VALUES} values`
  const readValues = limit(MAX_READ_VALUES, documents)
  const envFiles = `the env files of includes have more than ${MAX_EXPANDED} bytes of variables`
  const variables = limit(MAX_EXPANDED, envFiles)
  return {
    isExceeded,
    takeFile: (at) => files(1, at),
    take(node, at) {
      const extent = extentOf(node, extents)
      return values(extent.values, at) && bytes(extent.bytes, at)
    },
    read: (document, at) => readValues(extentOf(document, extents).values, at),
    takeVariables: variables,
    takePorts: portsLimit(),
  }
}

/** Takes so much; false once it is too much, which is told at the place. */
type Take = (count: number, at: Cursor) => boolean

/** Limits of which only the first that is exceeded is told, once. */
function createLimits() {
  let isExceeded = false
  return {
    isExceeded: () => isExceeded,
    limit(most: number, exceeded: string): Take {
      let used = 0
      return (count, at) => {
        used += count
        if (used <= most) return true
        if (!isExceeded) fail(at, `${exceeded}; split the project into several`)
        isExceeded = true
        return false
      }
    },
  }
}

/** A range that is too long is not taken at all: shorter ones may follow. */
function portsLimit(): Take {
  let ports = 0
  return (count, at) => {
    if (ports + count > MAX_SPREAD) {
      fail(at, `the ranges of ports stand for more than ${MAX_SPREAD} ports; publish fewer`)
      return false
    }
    ports += count
    return true
  }
}

function taken(limit: string): string {
  return `more than ${limit} are taken in by include and extends`
}
