import type { Problem } from '../../schemas/problem.ts'
import { errorAt, note, noticeAt, shown } from './problems.ts'
import { nearest } from './suggest.ts'
import { describeNode, isNull, keyPath, type Node, type Origin, type Place, quote } from './yaml/node.ts'

/** A value at its place in the document, with the list that its problems go to. */
export interface Cursor {
  node: Node
  path: string
  problems: Problem[]
  /** The place of the key, where a problem is about the key and not its value. */
  key: Place
  /** How what encloses the value came here, when it is written elsewhere. */
  trail?: Origin[]
}

/** The cursor of a whole document, or of the value at a path of it. */
export function cursorAt(node: Node, problems: Problem[], path = ''): Cursor {
  return { node, path, problems, key: node.at }
}

/** Reads a value; undefined when it is wrong and a problem has been noted. */
export type Reader<T> = (cursor: Cursor) => T | undefined

/** What a problem says beside its message. */
type Details = Pick<Problem, 'expected' | 'found' | 'suggestion'>

/** Notes an error at the value. */
export function fail(cursor: Cursor, message: string, details: Details = {}): undefined {
  if (cursor.node.tag === '!broken') return undefined
  note(cursor.problems, {
    ...errorAt(cursor.node.at, cursor.path, concealed(cursor, message)),
    ...details,
    ...relatedOf(cursor),
  })
  return undefined
}

/** Notes that the value is not what the place takes, with advice for the case. */
export function expected(cursor: Cursor, what: string, { advice, ...details }: Advice = {}): undefined {
  const found = describeNode(cursor.node)
  const message = `must be ${what}, not ${found}${advice === undefined ? '' : `; ${advice}`}`
  return fail(cursor, message, { expected: what, found: shown(concealed(cursor, found)), ...details })
}

interface Advice {
  advice?: string
  suggestion?: string
}

/** Notes an error at the key. */
export function failAtKey(cursor: Cursor, message: string, details: Details = {}): undefined {
  const shownAs = concealed(cursor, message)
  note(cursor.problems, { ...errorAt(cursor.key, cursor.path, shownAs), ...details, ...relatedOf(cursor) })
  return undefined
}

export function notice(cursor: Cursor, message: string): void {
  const shownAs = concealed(cursor, message)
  note(cursor.problems, { ...noticeAt(cursor.node.at, cursor.path, shownAs), ...relatedOf(cursor) })
}

/** Tells something about the key. */
export function noticeAtKey(cursor: Cursor, message: string): void {
  note(cursor.problems, { ...noticeAt(cursor.key, cursor.path, message), ...relatedOf(cursor) })
}

/**
 * What variables gave is told as it is written: it may be a secret (law 6). Texts in quotes that are part of it, and the
 * whole of it where it is long enough not to stand in a message by chance.
 */
function concealed({ node }: Cursor, message: string): string {
  if (node.kind !== 'scalar' || node.written === undefined || node.text === '') return message
  const { text, written } = node
  return message.replace(/"((?:[^"\\]|\\.)+)"|[^"]+/g, (piece, part?: string) => {
    if (part === undefined) return text.length < 4 ? piece : piece.replaceAll(text, written)
    return text.includes(part.replace(/\.\.\.$/, '')) ? `what ${quote(written)} gives` : piece
  })
}

function relatedOf({ trail = [], node }: Cursor): Pick<Problem, 'related'> {
  return relatedPlaces([...trail, ...(node.via ?? [])])
}

/** What a problem says of how its value came to be where it is. */
export function relatedPlaces(origins: readonly Origin[]): Pick<Problem, 'related'> {
  if (origins.length === 0) return {}
  return { related: origins.map(({ at, what }) => ({ ...at, file: shown(at.file), message: shown(what) })) }
}

/** The cursor of a value below. */
function below(outer: Cursor, { node, path, key }: Pick<Cursor, 'node' | 'path' | 'key'>): Cursor {
  const trail = outer.node.via ? [...(outer.trail ?? []), ...outer.node.via] : outer.trail
  return { node, path, problems: outer.problems, key, ...(trail && { trail }) }
}

/** The values of a mapping by key; empty for null; undefined, with a problem, for anything else. */
export function entriesOf(cursor: Cursor, what = 'a mapping'): [string, Cursor][] | undefined {
  const { node, path } = cursor
  if (isNull(node)) return []
  if (node.kind !== 'map') return expected(cursor, what)
  return [...node.entries].map(([key, entry]) => [
    key,
    below(cursor, { node: entry.value, path: keyPath(path, key), key: entry.at }),
  ])
}

/** The items of a list, counted as they are written; empty for null; undefined, with a problem, for anything else. */
export function itemsOf(cursor: Cursor, what = 'a list'): Cursor[] | undefined {
  const { node, path } = cursor
  if (isNull(node)) return []
  if (node.kind !== 'list') return expected(cursor, what)
  return node.items.map((item, index) =>
    below(cursor, { node: item, path: `${path}[${item.index ?? index}]`, key: item.at }),
  )
}

/** The cursor of a key below, for a message at its place; the value itself where the key is not there. */
export function within(at: Cursor, ...keys: string[]): Cursor {
  let inner = at
  for (const key of keys) {
    const entry = inner.node.kind === 'map' ? inner.node.entries.get(key) : undefined
    if (entry) inner = below(inner, { node: entry.value, path: keyPath(inner.path, key), key: entry.at })
  }
  return inner
}

export type Fields<R> = { [K in keyof R]?: R[K] extends Reader<infer T> ? T : never }

/** Reads the keys of a canonical mapping that have a reader. A key without a value counts as absent. */
export function fields<R extends Record<string, Reader<unknown>>>(cursor: Cursor, readers: R): Fields<R> {
  const read: Record<string, unknown> = {}
  for (const [key, inner] of entriesOf(cursor) ?? []) {
    const reader = Object.hasOwn(readers, key) ? readers[key] : undefined
    if (!reader || isNull(inner.node)) continue
    const value = reader(inner)
    if (value !== undefined) read[key] = value
  }
  return read as Fields<R>
}

/** Beyond so many problems nobody reads on, and guessing what was meant takes its time. */
const MAX_SUGGESTIONS = 200

/** What was most likely meant by a word, as `nearest`. */
export function suggestion(
  { problems }: Pick<Cursor, 'problems'>,
  word: string,
  candidates: Iterable<string>,
) {
  return problems.length > MAX_SUGGESTIONS ? undefined : nearest(word, candidates)
}
