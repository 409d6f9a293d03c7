import { posix } from 'node:path'
import { type Cursor, expected, fail, itemsOf, within } from '../../cursor.ts'
import { isOutside } from '../../files/inside.ts'
import { isNull, quote, type ScalarNode, scalarText } from '../../yaml/node.ts'
import type { Loading } from './load-files.ts'

const REMOTE = /^[a-z][a-z\d+.-]*:\/\/|^git@|^github\.com\/|\.git(#[^#]*)?$/i

/** The file that a text names, as a path of the checkout; undefined, with a problem, where it cannot be read. */
export function locateFile(at: Cursor, loading: Loading): string | undefined {
  const path = locate(at, loading)
  if (path === undefined) return undefined
  const found = loading.files.read(path)
  return 'problem' in found ? fail(at, found.problem) : path
}

/** The folder that a text names; empty for the root of the checkout. */
export function locateFolder(at: Cursor, loading: Loading): string | undefined {
  const path = locate(at, loading)
  return path === '.' ? '' : path
}

/** The path that a text names, from the project directory; undefined, with a problem, where it is none of the checkout. */
function locate(at: Cursor, { directory }: Pick<Loading, 'directory'>): string | undefined {
  const { node } = at
  if (node.kind !== 'scalar' || isNull(node)) return expected(at, 'a path')
  const text = scalarText(node)
  if (REMOTE.test(text))
    return fail(at, `${quote(text)}: a file from a URL is not read; put it beside this one`)
  const path = posix.isAbsolute(text) ? text : posix.join(directory, text)
  // A project whose directory is absolute is no part of a checkout: its files may lie anywhere.
  return isOutside(path) && !posix.isAbsolute(directory) ? fail(at, outside(node)) : path
}

function outside(node: ScalarNode): string {
  return `${scalarText(node)} leads out of the checkout; only files of the repository are read`
}

/** The folder of a file; empty for the root of the checkout. */
export function folderOf(path: string): string {
  const folder = posix.dirname(path)
  return folder === '.' ? '' : folder
}

/** The text under a key, or each text of the list there. */
export function textsBelow(at: Cursor, key: string): Cursor[] {
  const inner = within(at, key)
  if (inner.node === at.node) return []
  return inner.node.kind === 'list' ? (itemsOf(inner) ?? []) : [inner]
}
