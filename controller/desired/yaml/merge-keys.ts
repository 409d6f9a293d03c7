import type { Problem } from '../../../schemas/problem.ts'
import { errorAt, note } from '../problems.ts'
import { mapEntries, mapItems } from './map-values.ts'
import { describeNode, type Entry, keyPath, type ListNode, type MapNode, type Node } from './node.ts'

/**
 * A document with its YAML merge keys (`<<`, yaml.org/type/merge.html) folded in: a key that stands beside `<<` wins
 * over what is merged, an earlier map of a list over a later one.
 */
export function foldMergeKeys(root: Node): { root: Node; problems: Problem[] } {
  const problems: Problem[] = []
  const done = new Map<Node, Node>()
  return { root: fold(root, ''), problems }

  function fold(node: Node, path: string): Node {
    if (node.kind === 'scalar') return node
    const known = done.get(node)
    if (known) return known
    const made = foldChildren(node, path)
    done.set(node, made)
    return made
  }

  function foldChildren(node: MapNode | ListNode, path: string): Node {
    if (node.kind === 'list') return mapItems(node, (item, index) => fold(item, `${path}[${index}]`))
    const own = mapEntries(node, (value, key) => (key === '<<' ? value : fold(value, keyPath(path, key))))
    return own.entries.has('<<') ? merged(node, own, path) : own
  }

  function merged(node: MapNode, own: MapNode, path: string): Node {
    const entries = new Map<string, Entry>(own.entries)
    entries.delete('<<')
    for (const base of mergedMaps(node, path)) {
      for (const [key, entry] of base.entries) if (!entries.has(key)) entries.set(key, entry)
    }
    return { ...node, entries }
  }

  function mergedMaps(node: MapNode, path: string): MapNode[] {
    const merged = node.entries.get('<<')
    if (!merged) return []
    const bases = merged.value.kind === 'list' ? merged.value.items : [merged.value]
    return bases.flatMap((base) => {
      const folded = fold(base, path)
      if (folded.kind === 'map') return [folded]
      if (!isSilent(folded)) note(problems, errorAt(merged.at, path, refusal(folded)))
      return []
    })
  }
}

/** What is reset merges nothing, and what is broken has had its problem. */
function isSilent({ tag }: Node): boolean {
  return tag === '!reset' || tag === '!broken'
}

function refusal(base: Node): string {
  return `<< merges a mapping or a list of mappings, not ${describeNode(base)}`
}
