import type { Problem } from '../../../../schemas/problem.ts'
import { type Cursor, cursorAt, relatedPlaces } from '../../cursor.ts'
import { note } from '../../problems.ts'
import type { Entry, ListNode, MapNode, Node, Origin } from '../../yaml/node.ts'

/** The value with a note of how it came where it is, ahead of what is noted already: a problem in it names both places. */
export function withOrigin<N extends Node>(node: N, ...origins: Origin[]): N {
  return { ...node, via: [...origins, ...(node.via ?? [])] }
}

/**
 * A list or mapping whose origin is noted on each of its values instead of on itself, so that it can take in values
 * of another origin.
 */
export function handDown(node: Node): Node {
  if (node.kind === 'map') return handDownEntries(node)
  return node.kind === 'list' ? handDownItems(node) : node
}

export function handDownEntries(map: MapNode): MapNode {
  const { via, ...bare } = map
  if (!via) return map
  const entries = new Map<string, Entry>()
  for (const [key, { at, value }] of map.entries) entries.set(key, { at, value: withOrigin(value, ...via) })
  return { ...bare, entries }
}

function handDownItems(list: ListNode): ListNode {
  const { via, ...bare } = list
  return via ? { ...bare, items: list.items.map((item) => withOrigin(item, ...via)) } : list
}

/** What problems of a file that came in from elsewhere are noted with. */
export interface Incoming {
  problems: Problem[]
  /** How it came in, outermost first. */
  origins: readonly Origin[]
}

/** The cursor of a whole document, or of the value at a path of it, of such a file. */
export function incomingCursor(node: Node, { problems, origins }: Incoming, path = ''): Cursor {
  return { ...cursorAt(node, problems, path), ...(origins.length > 0 && { trail: [...origins] }) }
}

/** Notes problems that were found without knowing how the file came in. */
export function noteIncoming(found: readonly Problem[], { problems, origins }: Incoming): void {
  const related = relatedPlaces(origins)
  for (const problem of found) note(problems, { ...problem, ...related })
}
