import { type Cursor, fail, failAtKey, within } from '../../cursor.ts'
import { entriesBelow } from '../below.ts'
import { asMap, has } from '../edit.ts'
import { isExternal } from './resources.ts'

/** Where the content of a config and of a secret may come from. */
const SOURCES = { configs: ['file', 'environment', 'content'], secrets: ['file', 'environment'] }

/** Compose Specification §configs, §secrets: each has one source, unless it is external or a driver's. */
export function checkFileObjects(at: Cursor): void {
  for (const [section, sources] of Object.entries(SOURCES)) {
    for (const [, object] of entriesBelow(at, section)) checkSources(object, sources)
  }
}

function checkSources(object: Cursor, sources: string[]): void {
  const map = asMap(object.node)
  const [first, second] = sources.filter((key) => has(map, key))
  if (!first && !isExternal(map) && !has(map, 'driver')) fail(object, `needs one of ${sources.join(', ')}`)
  if (second) failAtKey(within(object, second), `stands beside ${first}; keep one`)
}
