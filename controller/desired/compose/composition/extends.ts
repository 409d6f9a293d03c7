import { type Entry, type MapNode, valueAt, withValue } from '../../yaml/node.ts'
import type { Composing } from './composing.ts'
import { extended } from './extended.ts'
import { servicesOf } from './services.ts'

/** Where services are extended: the file they stand in. */
export interface Extending {
  path: string
  composing: Composing
}

/**
 * Compose Specification §extends: each service of a document with what it extends merged below it: a service of the
 * same document, what that includes among it, or of a file that is named. `earlier` is the model of the files before:
 * a service that stands only there is told of by its file.
 */
export function applyExtends(
  document: MapNode,
  earlier: MapNode | undefined,
  { path, composing }: Extending,
): MapNode {
  const written = valueAt(document, 'services')
  if (written?.kind !== 'map') return document
  const services = { ...servicesOf(document, path, composing), earlier }
  const entries = new Map<string, Entry>()
  for (const [name, { at, value }] of written.entries) {
    entries.set(name, { at, value: extended({ services, name, origins: [] }, []) ?? value })
  }
  return withValue(document, 'services', { ...written, entries })
}
