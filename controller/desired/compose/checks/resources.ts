import { type Cursor, entriesOf, failAtKey, notice } from '../../cursor.ts'
import { entriesBelow } from '../below.ts'
import { isExternal } from '../external.ts'

/** Compose Specification §external: what exists already is named and not described. */
export function checkResources(at: Cursor): void {
  for (const section of ['volumes', 'networks', 'configs', 'secrets']) {
    for (const [, resource] of entriesBelow(at, section)) {
      if (isExternal(resource.node)) checkExternal(resource, section)
    }
  }
}

/** Compose refuses a description of volumes only, and reads over it elsewhere. */
function checkExternal(resource: Cursor, section: string): void {
  for (const [key, inner] of entriesOf(resource) ?? []) {
    if (key === 'name' || key === 'external' || key.startsWith('x-')) continue
    if (section === 'volumes') failAtKey(inner, 'stands beside external: true; remove one of them')
    else notice(inner, `has no effect, because ${section === 'networks' ? SHARED : THERE}`)
  }
}

const SHARED = 'an external network has the settings of the stack that declares it'
const THERE = 'what is external exists already'
