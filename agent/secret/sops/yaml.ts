import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  parseAllDocuments,
  Scalar,
  visit,
} from 'yaml'
import type { Clear } from './cipher.ts'
import { type Metadata, readMetadata, sealed } from './metadata.ts'
import { isTrue, type Opener } from './opener.ts'

const MAX_DEPTH = 100

/** A file of SOPS in YAML or JSON. Its values are put in their places, so that it stays as it is laid out. */
export interface Tree {
  metadata: Metadata
  /** Takes the data of SOPS out and opens all else. */
  open(opener: Opener): void
  document: Document.Parsed
}

/** Reads YAML, of which JSON is a part, and keeps the order of keys. @throws SetpointError SECRET_SEALED */
export function readTree(text: string): Tree {
  const documents = parseAllDocuments(text, { uniqueKeys: true, intAsBigInt: true, compat: 'yaml-1.1' })
  const [document] = documents
  if (!Array.isArray(documents) || documents.length !== 1 || !document)
    throw sealed('it is not one document of YAML.')
  if (document.errors.length > 0) throw sealed('it is no valid YAML.')
  const top = document.contents
  if (!isMap(top)) throw sealed('it is no mapping.')
  const own = top.get('sops')
  if (!isMap(own)) throw sealed('it has no `sops` key.')
  const metadata = readMetadata(own.toJSON())
  return {
    metadata,
    document,
    open(opener) {
      top.delete('sops')
      openNode(top, [], opener)
      openComments(document, opener)
    },
  }
}

/** The text of an opened YAML file. */
export function printYaml({ document }: Tree, source: string): string {
  const indent = /^( +)\S/m.exec(source)?.[1]?.length ?? 4
  return document.toString({ indent: Math.min(Math.max(indent, 2), 8), lineWidth: 0 })
}

function openNode(node: unknown, path: string[], opener: Opener): void {
  if (path.length > MAX_DEPTH) throw sealed(`it is deeper than ${MAX_DEPTH} keys.`)
  if (isMap(node)) {
    for (const { key, value } of node.items) openNode(value, [...path, keyOf(key)], opener)
  } else if (isSeq(node)) {
    for (const item of node.items) openNode(item, path, opener)
  } else if (isScalar(node)) openScalar(node, path, opener)
  else if (isAlias(node)) throw sealed('it has an alias (*), which SOPS does not write.')
}

function openScalar(node: Scalar, path: string[], opener: Opener): void {
  const { value } = node
  if (value === null || value === undefined) return
  if (!['string', 'number', 'bigint', 'boolean'].includes(typeof value))
    throw sealed('it has a value of no known type.')
  const clear = opener.open(value as string | number | bigint | boolean, path)
  if (!clear) return
  node.value = clearValue(clear)
  node.type =
    typeof node.value === 'string' && node.value.includes('\n') ? Scalar.BLOCK_LITERAL : Scalar.PLAIN
  delete node.source
  delete node.format
}

function clearValue({ type, bytes }: Clear): string | number | bigint | boolean {
  const text = bytes.toString()
  if (type === 'int') return BigInt(text)
  if (type === 'float') return Number(text)
  return type === 'bool' ? isTrue(text) : text
}

function keyOf(key: unknown): string {
  const value = isScalar(key) ? key.value : key
  if (typeof value === 'string') return value
  throw sealed('it has a key that is no text.')
}

function openComments(document: Document.Parsed, opener: Opener): void {
  openCommentsOf(document, [], opener)
  visit(document, {
    Node: (_, node, above) => openCommentsOf(node as Node, pathOf(above), opener),
  })
}

type Commented = Pick<Node, 'comment' | 'commentBefore'>

function openCommentsOf(node: Commented, path: string[], opener: Opener): void {
  for (const place of ['comment', 'commentBefore'] as const) {
    const text = node[place]
    if (!text) continue
    node[place] = text
      .split('\n')
      .map((line) => opener.comment(line, path) ?? line)
      .join('\n')
  }
}

function pathOf(above: readonly unknown[]): string[] {
  return above.flatMap((node) => (isPair(node) && isScalar(node.key) ? [String(node.key.value)] : []))
}
