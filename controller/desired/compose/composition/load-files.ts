import type { Problem } from '../../../../schemas/problem.ts'
import type { Files } from '../../files/files.ts'
import { errorIn, note } from '../../problems.ts'
import type { MapNode, Node } from '../../yaml/node.ts'
import { withoutTags } from '../../yaml/without-tags.ts'
import { composeFile } from '../model/compose-file.ts'
import type { Lookup } from '../variables/template.ts'
import { MAX_FILES } from './budget.ts'
import { type Composing, startComposing } from './composing.ts'
import { canonicalDocuments } from './documents.ts'
import { applyExtends } from './extends.ts'
import { applyIncludes } from './include.ts'
import { merge } from './merge.ts'
import type { Reader } from './reader.ts'

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
  /** Takes the path of every file that is included. */
  included: Set<string>
}

/**
 * Compose files as one canonical model: each later document and file merged over the earlier ones.
 * @returns undefined when there is nothing in them, or, with a problem, when they cannot be had whole
 */
export function loadFiles(paths: readonly string[], loading: Loading): MapNode | undefined {
  const composing = startComposing(loading, composeFiles)
  if (paths.length > MAX_FILES) {
    note(
      loading.problems,
      errorIn(paths[0] ?? '', `more than ${MAX_FILES} files are merged into one project`),
    )
    return undefined
  }
  const model = composeFiles(paths, composing)
  return composing.state.isIncomplete || composing.budget.isExceeded() ? undefined : model
}

function composeFiles(paths: readonly string[], composing: Composing): MapNode | undefined {
  const done = new Map<Node, Node>()
  let model: MapNode | undefined
  for (const path of paths) {
    for (const document of canonicalDocuments(path, composing)) {
      const whole = applyIncludes(document, path, composing)
      const extended = applyExtends(whole, model, { path, composing })
      model = withoutTags(
        model ? merge(model, extended, { ...WHOLE, problems: composing.problems }) : extended,
        done,
      )
    }
  }
  return model
}

const WHOLE = { shape: composeFile, path: '' }
