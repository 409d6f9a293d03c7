import { isAlias, isMap, isPair, isScalar, isSeq, type Pair, type YAMLMap, type Node as YamlNode } from 'yaml'
import type { Problem } from '../../../schemas/problem.ts'
import { MAX_EXPANDED } from '../compose/template.ts'
import { errorAt, note } from '../report.ts'
import { type Entry, keyPath, type Node, type Place, type ScalarNode, type Tag } from './node.ts'
import { resolvePlain } from './scalar.ts'

/** Deeper than any file that people write, and safe for recursion. */
export const MAX_DEPTH = 100
/** The most values that a file may have once its aliases are expanded. */
export const MAX_VALUES = 250_000

const MAX_KEY = 1024

const EXCESSIVE = `excessive aliasing: more than ${MAX_VALUES} values or ${MAX_DEPTH} levels once the aliases are expanded`
const TOO_LONG = `excessive aliasing: more than ${MAX_EXPANDED} bytes once the aliases are expanded`

interface Extent {
  /** Values. */
  size: number
  /** Of keys and values. */
  bytes: number
  depth: number
}

const STRING_TAGS = new Set(['!', 'tag:yaml.org,2002:str'])
const TYPED_TAGS = /^tag:yaml\.org,2002:(int|float|bool|null)$/
const KIND_TAGS = /^tag:yaml\.org,2002:(map|seq)$/

/** The parser's tree to ours: aliases resolved to shared nodes, scalars to values, repeated keys told of. */
export function convert(contents: YamlNode, place: (offset: number) => Place) {
  const problems: Problem[] = []
  const anchors = new Map<string, Node | 'open'>()
  const extents = new Map<Node, Extent>()
  let overflow: { at: Place; message: string } | undefined

  const root = node(contents, '')
  if (overflow) note(problems, errorAt(overflow.at, '', overflow.message))
  return { root: overflow ? null : root, problems }

  function node(from: YamlNode | null | undefined, path: string): Node {
    if (isAlias(from)) return alias(from.source, at(from), path)
    const anchor = isScalar(from) || isMap(from) || isSeq(from) ? from.anchor : undefined
    if (anchor) anchors.set(anchor, 'open')
    const made = own(from, path)
    if (anchor) anchors.set(anchor, made)
    return made
  }

  function own(from: YamlNode | null | undefined, path: string): Node {
    const tag = tagOf(from, path)
    if (isMap(from)) return measured(tagged({ kind: 'map', at: at(from), entries: entries(from, path) }, tag))
    if (isSeq(from)) {
      const items = from.items.map((item, index) =>
        isPair(item) ? nothing(at(from)) : node(item as YamlNode, `${path}[${index}]`),
      )
      return measured(tagged({ kind: 'list', at: at(from), items }, tag))
    }
    const scalar = isScalar(from) ? scalarOf(from, at(from)) : nothing(at(from))
    return measured(tagged(scalar, tag))
  }

  function entries(map: YAMLMap, path: string): Map<string, Entry> {
    const found = new Map<string, Entry>()
    for (const pair of map.items as Pair<YamlNode, YamlNode | null>[]) addEntry(found, pair, path)
    return found
  }

  function addEntry(found: Map<string, Entry>, pair: Pair<YamlNode, YamlNode | null>, path: string) {
    const where = at(pair.key)
    const key = keyText(pair.key, where, path)
    if (key === undefined) return
    const inner = keyPath(path, key)
    const earlier = found.get(key)
    if (earlier) {
      note(problems, errorAt(where, inner, `the key stands twice, first on line ${earlier.at.line}`))
    }
    const value = pair.value ? node(pair.value, inner) : nothing(where)
    if (!earlier) found.set(key, { at: where, value })
  }

  function keyText(key: YamlNode, where: Place, path: string): string | undefined {
    if (isScalar(key) && String(key.value).length > MAX_KEY) {
      note(problems, errorAt(where, path, `a key has more than ${MAX_KEY} characters`))
      return undefined
    }
    const text = isScalar(key) && typeof key.value === 'string' ? key.value : undefined
    if (text !== undefined && (!isPlain(key) || typeof resolvePlain(text) === 'string')) return text
    const message = text ? `the key ${text} is not text; quote it: "${text}"` : 'a key must be text'
    note(problems, errorAt(where, path, message))
    return text || undefined
  }

  function alias(name: string, where: Place, path: string): Node {
    const target = anchors.get(name)
    if (target && target !== 'open') return target
    const message = target ? `the anchor &${name} contains itself` : `there is no anchor &${name} above`
    note(problems, errorAt(where, path, message))
    return nothing(where)
  }

  function measured(made: Node): Node {
    const extent = { size: 1, depth: 1, bytes: made.kind === 'scalar' ? Buffer.byteLength(made.text) : 0 }
    if (made.kind === 'list') for (const item of made.items) include(extent, item)
    for (const [key, entry] of made.kind === 'map' ? made.entries : []) {
      extent.bytes += Buffer.byteLength(key)
      include(extent, entry.value)
    }
    extents.set(made, extent)
    if (extent.size > MAX_VALUES || extent.depth > MAX_DEPTH) overflow ??= { at: made.at, message: EXCESSIVE }
    if (extent.bytes > MAX_EXPANDED) overflow ??= { at: made.at, message: TOO_LONG }
    return made
  }

  function include(outer: Extent, inner: Node) {
    const extent = extents.get(inner) ?? { size: 1, depth: 1, bytes: 0 }
    outer.size += extent.size
    outer.bytes += extent.bytes
    outer.depth = Math.max(outer.depth, extent.depth + 1)
  }

  function tagOf(from: YamlNode | null | undefined, path: string): Tag | undefined {
    const tag = from && 'tag' in from ? from.tag : undefined
    if (tag === '!reset' || tag === '!override') return tag
    if (!tag || STRING_TAGS.has(tag) || TYPED_TAGS.test(tag) || KIND_TAGS.test(tag)) return undefined
    note(problems, errorAt(at(from), path, `the tag ${tag} means nothing here`))
    return undefined
  }

  function at(from: YamlNode | null | undefined): Place {
    return place(from?.range?.[0] ?? 0)
  }
}

function tagged(made: Node, tag: Tag | undefined): Node {
  return tag ? { ...made, tag } : made
}

function isPlain(from: YamlNode): boolean {
  return isScalar(from) && from.type === 'PLAIN'
}

function nothing(at: Place): ScalarNode {
  return { kind: 'scalar', at, value: null, text: '' }
}

function scalarOf(from: { value: unknown; type?: string; tag?: string }, at: Place): ScalarNode {
  const text = typeof from.value === 'string' ? from.value : ''
  const plain = from.type === 'PLAIN' || (from.type === undefined && text === '')
  const typed = from.tag !== undefined && TYPED_TAGS.test(from.tag)
  const literal = from.tag !== undefined && STRING_TAGS.has(from.tag)
  return { kind: 'scalar', at, value: (plain || typed) && !literal ? resolvePlain(text) : text, text }
}
