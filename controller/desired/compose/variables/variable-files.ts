import { type Cursor, expected, fail, within } from '../../cursor.ts'
import { decodeText } from '../../files/decode-text.ts'
import type { Files } from '../../files/files.ts'
import { note } from '../../problems.ts'
import { MAX_EXPANDED } from '../../yaml/extent.ts'
import { type Entry, type MapNode, mapNode, textAt, textNode, valueAt } from '../../yaml/node.ts'
import { itemsBelow } from '../below.ts'
import { parseDotenv } from './dotenv.ts'
import type { EnvFile } from './env-file.ts'
import type { Unset } from './fill-in.ts'
import { parseRawEnvFile } from './raw-env-file.ts'
import type { Lookup } from './template.ts'

export type VariablesKey = 'env_file' | 'label_file'

/** What the files that a key of a service lists set together, the later over the earlier. */
export type ReadVariableFiles = (service: Cursor, key: VariablesKey, outer: Lookup) => MapNode

/**
 * Reads the files of `env_file` and `label_file` (Compose Specification §env_file, §label_file). Their values may
 * name variables: `outer` comes first, then the names set above, then those of earlier files.
 */
export function variableFiles({ files, unset }: { files: Files; unset: Unset }): ReadVariableFiles {
  // Each reading counts, as many services may list the same file.
  let left = MAX_EXPANDED
  return (service, key, outer) => {
    const entries = new Map<string, Entry>()
    const earlier: Lookup = (name) => textAt(entries.get(name)?.value)
    for (const item of itemsBelow(service, key)) {
      const content = left < 0 ? undefined : contentOf(item, key, files)
      if (content === undefined) continue
      const file = parse(item, content, { outer, earlier, unset })
      left -= content.length + sizeOf(file.variables)
      if (left < 0) fail(item, `has, with the files read before it, more than ${MAX_EXPANDED} bytes`)
      for (const problem of file.problems) note(item.problems, problem)
      for (const [name, entry] of entriesOf(file, item)) entries.set(name, entry)
    }
    return { ...mapNode(valueAt(service.node, key) ?? service.node, {}), entries }
  }
}

/** The text of a listed file; undefined when there is none, with a problem unless it may be missing. */
function contentOf(item: Cursor, key: VariablesKey, files: Files): string | undefined {
  const format = textAt(item.node, 'format') ?? 'raw'
  if (format !== 'raw') return expected(within(item, 'format'), 'raw')
  const path = pathOf(item)
  if (path === undefined) return undefined
  const found = files.read(path)
  if (!('problem' in found)) return textOf(path, found.bytes, item)
  const at = within(item, 'path')
  if (!found.missing) return fail(at, found.problem)
  return textAt(item.node, 'required') === 'false' ? undefined : fail(at, notFound(path, key))
}

function textOf(path: string, bytes: Buffer, { problems }: Cursor): string | undefined {
  const decoded = decodeText(path, bytes)
  if ('text' in decoded) return decoded.text
  note(problems, decoded.problem)
  return undefined
}

function notFound(path: string, key: VariablesKey): string {
  if (key === 'label_file') return `label file ${path} not found; add it or correct the path`
  return `env file ${path} not found; add it, correct the path, or write required: false beside it if it may be missing`
}

interface Parsing {
  outer: Lookup
  earlier: Lookup
  unset: Unset
}

function parse(item: Cursor, content: string, variables: Parsing): EnvFile {
  const path = pathOf(item) ?? ''
  const isRaw = textAt(item.node, 'format') === 'raw'
  return isRaw ? parseRawEnvFile(path, content, variables.outer) : parseDotenv(path, content, variables)
}

/** The values, each at its place in the file. */
function entriesOf({ variables, places }: EnvFile, { node, path }: Cursor): [string, Entry][] {
  const via = [{ at: node.at, what: `${path} names the file here` }]
  return [...variables].map(([name, value]) => {
    const at = places.get(name) ?? node.at
    return [name, { at, value: textNode({ at, via }, value) }]
  })
}

/** The path of an entry in its long or short form. */
function pathOf({ node }: Cursor): string | undefined {
  return textAt(node, 'path') ?? textAt(node)
}

/** How many characters variables have, with their names. */
export function sizeOf(variables: ReadonlyMap<string, string>): number {
  let size = 0
  for (const [name, value] of variables) size += name.length + value.length
  return size
}
