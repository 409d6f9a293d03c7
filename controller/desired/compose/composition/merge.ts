import type { Problem } from '../../../../schemas/problem.ts'
import { cursorAt, fail } from '../../cursor.ts'
import {
  broken,
  describeNode,
  type Entry,
  isNull,
  keyPath,
  type ListNode,
  type MapNode,
  type Node,
} from '../../yaml/node.ts'
import { withoutRepetition } from '../canonical/canonicalise.ts'
import { type Shape, shapeUnder } from '../shape.ts'
import { handDown, handDownEntries } from './origin.ts'

/** Where two values stand and what they may be. */
export interface Merging {
  shape: Shape | undefined
  path: string
  problems: Problem[]
}

/**
 * Two canonical mappings as one (Compose Specification §Merge): `over` wins, and the `!reset` and `!override` in it are
 * obeyed. These tags stay, as they count for whatever the result is merged over too; `base` has none.
 * A value that comes from one side only keeps its place.
 */
export function merge(base: MapNode, over: MapNode, merging: Merging): MapNode {
  return mergeMaps(handDownEntries(base), handDownEntries(over), merging)
}

function mergeNodes(base: Node, over: Node, merging: Merging): Node {
  if (over.tag) return over
  if (base.tag === '!broken') return base
  const { shape } = merging
  const [before, after] = [handDown(base), handDown(over)]
  return shape?.merge ? shape.merge(before, after, { shape, byKind }) : mergeByKind(before, after, merging)

  function byKind(base: Node, over: Node, shape: Shape | undefined): Node {
    return mergeByKind(base, over, { ...merging, shape })
  }
}

function mergeByKind(base: Node, over: Node, merging: Merging): Node {
  if (isNull(over)) return base
  if (base.kind === 'scalar') return over
  if (base.kind === 'map' && over.kind === 'map') return mergeMaps(base, over, merging)
  if (base.kind === 'list' && over.kind === 'list') return mergeLists(base, over, merging)
  const what = `${describeNode(over)} cannot be merged over ${describeNode(base)}`
  fail(cursorAt(over, merging.problems, merging.path), `${what}; write !override before it to replace that`)
  return broken(over)
}

function mergeLists(base: ListNode, over: ListNode, { shape }: Merging): ListNode {
  const items = [...base.items, ...over.items].map(uncounted)
  const unique = shape?.list?.unique
  return { ...over, items: unique ? withoutRepetition(items, unique) : items }
}

/** Items of two lists are counted as they come to stand. */
function uncounted({ index: _, ...item }: Node): Node {
  return item
}

function mergeMaps(base: MapNode, over: MapNode, merging: Merging): MapNode {
  const entries = new Map(base.entries)
  for (const [key, entry] of over.entries) {
    const before = base.entries.get(key)
    entries.set(key, before ? mergeEntries(before, entry, below(merging, key)) : entry)
  }
  return { ...over, entries }
}

function mergeEntries(base: Entry, over: Entry, merging: Merging): Entry {
  const value = mergeNodes(base.value, over.value, merging)
  return { at: value === base.value ? base.at : over.at, value }
}

function below({ shape, path, problems }: Merging, key: string): Merging {
  return { shape: shapeUnder(shape, key), path: keyPath(path, key), problems }
}
