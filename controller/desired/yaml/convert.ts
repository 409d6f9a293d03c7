import { isAlias, isMap, isPair, isScalar, isSeq, type Pair, type YAMLMap, type Node as YamlNode } from 'yaml'
import type { Problem } from '../../../schemas/problem.ts'
import { errorAt, note } from '../problems.ts'
import { type Extents, excess, extentOf } from './extent.ts'
import { keyText } from './key-text.ts'
import { type Entry, keyPath, type Node, type Place, type Tag } from './node.ts'
import { nothing, scalarFrom, unusable } from './scalar-node.ts'
import { tagOf } from './tags.ts'

/** What is shared by the documents of a file. */
export interface Converting {
  text: string
  place: (offset: number) => Place
  extents: Extents
}

/**
 * The parser's tree of a document to ours: aliases resolved to shared nodes, scalars to values, repeated keys told of.
 * The root is null when the document is too large once its aliases are expanded.
 */
export function convert(contents: YamlNode, { text: source, place, extents }: Converting) {
  const problems: Problem[] = []
  const anchors = new Map<string, Node | 'open'>()
  let overflow: Problem | undefined

  const root = node(contents, '')
  if (overflow) note(problems, overflow)
  return { root: overflow ? null : root, problems }

  function node(from: YamlNode | null | undefined, path: string): Node {
    if (isAlias(from)) return alias(from.source, at(from), path)
    const anchor = isScalar(from) || isMap(from) || isSeq(from) ? from.anchor : undefined
    if (anchor) anchors.set(anchor, 'open')
    const made = measured(tagged(own(from, path), mergeTag(from, path)))
    if (anchor) anchors.set(anchor, made)
    return made
  }

  function own(from: YamlNode | null | undefined, path: string): Node {
    if (isMap(from)) return { kind: 'map', at: at(from), entries: entries(from, path) }
    if (isSeq(from)) return { kind: 'list', at: at(from), items: items(from.items, at(from), path) }
    return isScalar(from) ? scalarFrom(from, at(from), source) : nothing(at(from))
  }

  function items(from: unknown[], where: Place, path: string): Node[] {
    return from.map((item, index) =>
      isPair(item) ? nothing(where) : node(item as YamlNode, `${path}[${index}]`),
    )
  }

  function entries(map: YAMLMap, path: string): Map<string, Entry> {
    const found = new Map<string, Entry>()
    for (const pair of map.items as Pair<YamlNode, YamlNode | null>[]) addEntry(found, pair, path)
    return found
  }

  function addEntry(found: Map<string, Entry>, pair: Pair<YamlNode, YamlNode | null>, path: string): void {
    const where = at(pair.key)
    const key = keyText(pair.key, { at: where, path, problems })
    if (key === undefined) return
    const inner = keyPath(path, key)
    const earlier = found.get(key)
    if (earlier) note(problems, errorAt(where, inner, twice(key, earlier)))
    const value = pair.value ? node(pair.value, inner) : nothing(where)
    if (!earlier) found.set(key, { at: where, value })
  }

  function alias(name: string, where: Place, path: string): Node {
    const target = anchors.get(name)
    if (target && target !== 'open') return target
    const message = target ? `the anchor &${name} contains itself` : `there is no anchor &${name} above`
    note(problems, errorAt(where, path, message))
    return unusable(where)
  }

  function mergeTag(from: YamlNode | null | undefined, path: string): Tag | undefined {
    const { written, meaning } = tagOf(from)
    if (meaning === '!reset' || meaning === '!override') return meaning
    if (written && !meaning) note(problems, errorAt(at(from), path, `the tag ${written} means nothing here`))
    return undefined
  }

  function measured(made: Node): Node {
    const what = excess(extentOf(made, extents))
    if (what !== undefined)
      overflow ??= errorAt(made.at, '', `excessive aliasing: more than ${what} once the aliases are expanded`)
    return made
  }

  function at(from: YamlNode | null | undefined): Place {
    return place(from?.range?.[0] ?? 0)
  }
}

/** What is reset has no value, whatever is written there. */
function tagged(made: Node, tag: Tag | undefined): Node {
  if (!tag) return made
  return tag === '!reset' ? { ...nothing(made.at), tag } : { ...made, tag }
}

function twice(key: string, earlier: Entry): string {
  if (key !== '<<') return `the key stands twice, first on line ${earlier.at.line}`
  return `<< stands twice, first on line ${earlier.at.line}; merge a list: <<: [*one, *other]`
}
