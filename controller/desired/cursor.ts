import type { Problem } from '../../schemas/problem.ts'
import { BROKEN } from './compose/interpolate.ts'
import { KEYS, markOf, type Section } from './keys.ts'
import { errorAt, note, noticeAt } from './report.ts'
import { nearest } from './suggest.ts'
import { describeNode, isNull, keyPath, type Node, type Place } from './yaml/node.ts'

/** A value at its place in the document, with the list that its problems go to. */
export interface Cursor {
  node: Node
  path: string
  problems: Problem[]
  /** The place of the key, where a problem is about the key and not its value. */
  key: Place
}

/** Reads a value; undefined when it is wrong and a problem has been noted. */
export type Reader<T> = (cursor: Cursor) => T | undefined

/** Notes an error at the value. */
export function fail(cursor: Cursor, message: string): undefined {
  if (cursor.node.tag !== BROKEN) note(cursor.problems, errorAt(cursor.node.at, cursor.path, message))
  return undefined
}

/** Notes that the value is not what the place takes. */
export function expected(cursor: Cursor, what: string): undefined {
  return fail(cursor, `must be ${what}, not ${describeNode(cursor.node)}`)
}

export function notice(cursor: Cursor, message: string): void {
  note(cursor.problems, noticeAt(cursor.node.at, cursor.path, message))
}

/** The values of a mapping by key; empty for null; undefined, with a problem, for anything else. */
export function entriesOf(cursor: Cursor, what = 'a mapping'): [string, Cursor][] | undefined {
  const { node, path, problems } = cursor
  if (isNull(node)) return []
  if (node.kind !== 'map') return expected(cursor, what)
  return [...node.entries].map(([key, entry]) => [
    key,
    { node: entry.value, path: keyPath(path, key), problems, key: entry.at },
  ])
}

/** The items of a list; empty for null; undefined, with a problem, for anything else. */
export function itemsOf(cursor: Cursor, what = 'a list'): Cursor[] | undefined {
  const { node, path, problems } = cursor
  if (isNull(node)) return []
  if (node.kind !== 'list') return expected(cursor, what)
  return node.items.map((item, index) => ({ node: item, path: `${path}[${index}]`, problems, key: item.at }))
}

/** The cursor of a key below, for a message at its place; the value itself where the key is not there. */
export function within(at: Cursor, ...keys: string[]): Cursor {
  let inner = at
  for (const key of keys) {
    const entry = inner.node.kind === 'map' ? inner.node.entries.get(key) : undefined
    if (entry) inner = { ...inner, node: entry.value, key: entry.at, path: keyPath(inner.path, key) }
  }
  return inner
}

export type Fields<R> = { [K in keyof R]?: R[K] extends Reader<infer T> ? T : never }

/**
 * Reads a mapping key by key: each as its mark in keys.ts says, the honoured ones by their reader.
 * A key without a value counts as absent.
 */
export function fields<R extends Record<string, Reader<unknown>>>(
  cursor: Cursor,
  section: Section,
  readers: R,
): Fields<R> {
  const read: Record<string, unknown> = {}
  for (const [key, inner] of entriesOf(cursor) ?? []) {
    if (key.startsWith('x-') && !markOf(section, key)) continue
    const isHonoured = followMark(inner, section, key)
    const reader = isHonoured && Object.hasOwn(readers, key) ? readers[key] : undefined
    if (!reader || isNull(inner.node) || inner.node.tag === BROKEN) continue
    const value = reader(inner)
    if (value !== undefined) read[key] = value
  }
  return read as Fields<R>
}

function followMark(inner: Cursor, section: Section, key: string): boolean {
  const mark = markOf(section, key)
  if (!mark) {
    note(inner.problems, errorAt(inner.key, inner.path, unknownKey(inner, key, section)))
    return false
  }
  if (mark.mark === 'honoured') return true
  if (isNull(inner.node) || isUsual(inner.node, mark.usual)) return false
  if (mark.mark === 'ignored') {
    note(inner.problems, noticeAt(inner.key, inner.path, `accepted without effect: ${mark.reason}`))
  } else {
    note(inner.problems, errorAt(inner.key, inner.path, `${mark.reason}: ${key}; ${mark.instead}`))
  }
  return false
}

function isUsual(node: Node, usual: readonly unknown[] = []): boolean {
  if (node.kind !== 'scalar') return (node.kind === 'list' ? node.items.length : node.entries.size) === 0
  return usual.some((value) => String(value) === node.text || value === node.value)
}

function unknownKey({ problems }: Cursor, key: string, section: Section): string {
  const near = suggestion({ problems }, key, Object.keys(KEYS[section]))
  if (near) return `unknown key; did you mean ${near}?`
  const isAtALevel = ['root', 'service', 'deploy'].includes(section)
  const home = isAtALevel && HOMES.find(([other]) => other !== section && markOf(other, key))
  return home ? `unknown key here; it belongs ${home[1]}` : 'unknown key'
}

// Where a key that stands at the wrong level belongs.
const HOMES: [Section, string][] = [
  ['service', 'under a service'],
  ['deploy', 'under deploy'],
  ['update_config', 'under deploy.update_config'],
  ['healthcheck', 'under healthcheck'],
  ['limits', 'under deploy.resources.limits'],
  ['root', 'at the root of the file'],
  ['setpoint', 'under x-setpoint'],
]

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
