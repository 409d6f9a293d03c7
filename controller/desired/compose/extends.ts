import type { MapNode } from '../yaml/node.ts'
import type { Loading } from './load-files.ts'

/** Where services are extended: the file they stand in. */
export interface Extending {
  path: string
  loading: Loading
}

/**
 * Compose Specification §extends: each service of a document with what it extends merged below it. `earlier` is the
 * model of the files before, whose services may be extended too.
 */
export function applyExtends(
  document: MapNode,
  _earlier: MapNode | undefined,
  _extending: Extending,
): MapNode {
  return document
}
