import type { Problem } from '../../../schemas/problem.ts'
import { cursorAt, expected } from '../cursor.ts'
import type { Files } from '../files.ts'
import type { MapNode, Node } from '../yaml/node.ts'
import { canonicalise } from './canonicalise.ts'
import { applyExtends } from './extends.ts'
import { applyIncludes } from './include.ts'
import { interpolate } from './interpolate.ts'
import { merge, withoutTags } from './merge.ts'
import { composeFile } from './model/compose-file.ts'
import type { Reader } from './reader.ts'
import type { Lookup } from './template.ts'

/** What files are loaded with: the same for a project and, with another directory and variables, for what it includes. */
export interface Loading {
  files: Files
  reader: Reader
  directory: string
  home?: string | undefined
  variables: Lookup
  unset: 'error' | 'blank'
  problems: Problem[]
  /** The files that led here by `include`, outermost first. */
  including: readonly string[]
}

/** Compose files as one canonical model: each later document and file merged over the earlier ones. */
export function loadFiles(paths: readonly string[], loading: Loading): MapNode | undefined {
  let model: MapNode | undefined
  for (const path of paths) {
    for (const document of canonicalDocuments(path, loading)) {
      const included = applyIncludes(document, path, loading)
      const extended = applyExtends(included, model, { path, loading })
      model = model ? merge(model, extended, composeFile) : extended
    }
  }
  return model && withoutTags(model)
}

/** The documents of one file, variables filled in and short forms made long; not yet with what they include or extend. */
export function canonicalDocuments(path: string, loading: Loading): MapNode[] {
  const { documents, isBroken, problems } = loading.reader.read(path)
  loading.problems.push(...problems)
  return isBroken ? [] : documents.flatMap((document) => canonicalDocument(document, loading))
}

function canonicalDocument(document: Node, loading: Loading): MapNode[] {
  const filled = interpolate(document, loading)
  loading.problems.push(...filled.problems)
  if (!filled.root) return []
  const at = cursorAt(filled.root, loading.problems)
  if (filled.root.kind !== 'map') {
    expected(at, composeFile.expected)
    return []
  }
  const made = canonicalise(at, composeFile, loading)
  return made.kind === 'map' ? [made] : []
}
