import { type Cursor, failAtKey, suggestion } from '../../cursor.ts'
import { quote, valueAt } from '../../yaml/node.ts'
import type { Key, MapShape } from '../shape.ts'
import { homeOfKey } from './homes.ts'
import { isOtherThing, keyMeantBy } from './other-words.ts'

/** Tells of a key that is unknown in its place, with what was most likely meant. */
export function failUnknown(inner: Cursor, key: string, { keys = {}, names, values }: MapShape): void {
  if (values && names) {
    failAtKey(inner, `${quote(key)} is no name here: letters, digits, -, _ and .`)
    return
  }
  const meant = keyMeantBy(key, keys)
  const home = meant ? undefined : adviceOnHome(inner, key, keys)
  const near = meant ?? (home || isOtherThing(key) ? undefined : suggestion(inner, key, Object.keys(keys)))
  if (near) failAtKey(inner, `unknown key; did you mean ${near}?`, { suggestion: near })
  else failAtKey(inner, `unknown key${home ?? ''}`)
}

function adviceOnHome({ node }: Cursor, key: string, here: Record<string, Key>): string | undefined {
  const isService = valueAt(node, 'image') !== undefined || valueAt(node, 'build') !== undefined
  if (isService && Object.hasOwn(here, 'services')) return '; services stand under services:'
  const home = homeOfKey(key, here)
  return home && ` here; it belongs ${home}`
}
