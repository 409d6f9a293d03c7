import { type Cursor, fail, failAtKey, within } from '../../cursor.ts'
import { entriesBelow } from '../below.ts'
import { has } from '../edit.ts'
import { isExternal } from '../external.ts'

/** Where the content of a config and of a secret may come from. */
const SOURCES = { configs: ['file', 'environment', 'content'], secrets: ['file', 'environment'] }

/** Compose Specification §configs, §secrets: each has one source, unless it is external or a driver's. */
export function checkFileObjects(at: Cursor): void {
  for (const [section, sources] of Object.entries(SOURCES)) {
    for (const [, object] of entriesBelow(at, section)) checkSources(object, sources)
  }
}

function checkSources(object: Cursor, sources: string[]): void {
  const { node } = object
  if (node.kind !== 'map') return
  const [first, second] = sources.filter((key) => has(node, key))
  if (!first && !isExternal(node) && !has(node, 'driver')) fail(object, `needs one of ${sources.join(', ')}`)
  if (second) failAtKey(within(object, second), `stands beside ${first}; keep one`)
}
