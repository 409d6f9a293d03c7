import { type Cursor, noticeAtKey, within } from '../../cursor.ts'
import { type Entry, type MapNode, type Node, type Origin, valueAt } from '../../yaml/node.ts'
import { withOrigin } from './origin.ts'
import { isSameValue } from './same-value.ts'

/** What an included model gives (Compose Specification §include): its name and the author's own keys stay behind. */
const SECTIONS = ['services', 'networks', 'volumes', 'secrets', 'configs', 'models']

/** The part of an included model that is merged below a document: all but what stands there already, word for word. */
export function takenIn(model: MapNode, document: MapNode, origin: Origin): MapNode {
  const entries = new Map<string, Entry>()
  for (const section of SECTIONS) {
    const entry = model.entries.get(section)
    if (entry?.value.kind !== 'map') continue
    entries.set(section, { at: entry.at, value: news(entry.value, valueAt(document, section), origin) })
  }
  return { kind: 'map', at: document.at, entries }
}

/** Tells of settings of Setpoint in an included file, which are none of the stack's. */
export function tellLeftBehind(model: Cursor): void {
  const settings = within(model, 'x-setpoint')
  if (settings.node !== model.node)
    noticeAtKey(settings, "without effect in a file that is included; write it into the stack's own file")
}

function news(section: MapNode, there: Node | undefined, origin: Origin): MapNode {
  const entries = new Map<string, Entry>()
  for (const [name, { at, value }] of section.entries) {
    const known = valueAt(there, name)
    if (known && isSameValue(known, value)) continue
    entries.set(name, { at, value: withOrigin(value, origin) })
  }
  return { kind: 'map', at: section.at, entries }
}
