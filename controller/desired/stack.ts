import { posix } from 'node:path'
import type { PackEntry } from '../../schemas/pack.ts'
import { isError, type Problem } from '../../schemas/problem.ts'
import type { SecretParcel } from '../../schemas/sealing/secret.ts'
import type { StackSpec } from '../../schemas/stack.ts'
import { MAX_FILES } from './compose/composition/budget.ts'
import { createReader } from './compose/composition/reader.ts'
import { loadNamedProject } from './compose/named-project.ts'
import type { Project } from './compose/project.ts'
import { partsOf } from './compose/variables/parts.ts'
import { settingsElsewhere } from './compose/variables/settings-elsewhere.ts'
import type { Lookup } from './compose/variables/template.ts'
import { stackVariables, unsetSetting } from './compose/variables/variables.ts'
import { cursorAt, fail } from './cursor.ts'
import type { StackFile } from './discover.ts'
import type { Files } from './files/files.ts'
import { type Catalog, resolveImages } from './image/images.ts'
import { hasErrors, noteAll, noticeAt, tidy } from './problems.ts'
import { build } from './spec/build.ts'
import { type ContentInputs, readContents } from './spec/contents/contents.ts'
import { readStack } from './spec/read-stack.ts'
import { tellMarks } from './spec/tell-marks.ts'
import { validate } from './spec/validate.ts'
import { withVolumesFrom } from './spec/volumes-from.ts'

export interface LoadedStack {
  name: string
  /** Path inside the source. */
  file: string
  /** Null when a problem is an error: the last accepted state stays in force. */
  spec: StackSpec | null
  problems: Problem[]
  /**
   * True when what tells the name could not be read whole: a file, `.env`, a variable, or what stands at the root. The
   * stack may be known under another name: while one is guessed, no stack of this source may be taken for removed.
   */
  guessed: boolean
  /** The paths of all files that it includes. */
  included: readonly string[]
  /** What its services mount of the repository and of values, by digest. */
  contents: ReadonlyMap<string, PackEntry[]>
  /** Its secrets, by digest: nothing but a vault may have them. */
  secrets: ReadonlyMap<string, SecretParcel>
}

export interface StackInputs {
  files: Files
  catalog: Catalog
  /** The settings of the source. */
  variables: Record<string, string>
  externals?: ContentInputs['externals']
  secrets?: ContentInputs['secrets']
}

/** One stack to its canonical spec: its variables, its name, its Compose project, and of that what runs on hosts. */
export function loadStack(
  file: StackFile,
  { files, catalog, variables: settings, externals, secrets }: StackInputs,
): LoadedStack {
  const problems: Problem[] = file.others.map((other) => unread(file, other))
  const reader = createReader(files)
  const { documents } = reader.read(file.path)
  const variables = stackVariables({
    file: file.path,
    folder: file.folder,
    documents,
    files,
    settings,
    problems,
  })
  const compose = composeFiles(file, variables)
  const all = compose.flatMap((path) => reader.read(path).documents)
  problems.push(...settingsElsewhere(all.filter((document) => document !== documents[0])))
  const loaded = loadNamedProject({
    files,
    reader,
    compose,
    variables,
    fallback: file.fallback,
    directory: file.folder,
    unset: unsetSetting(documents),
  })
  const guessed = loaded.guessed || hasErrors(problems) || loaded.problems.some(isAboutRoot)
  noteAll(problems, loaded.problems)
  const inputs = { catalog, problems, contents: { files, variables: loaded.variables, externals, secrets } }
  const { spec, ...kept } = loaded.project ? specOf(loaded.project, inputs) : NONE
  return {
    name: loaded.name,
    file: file.path,
    spec: hasErrors(problems) ? null : spec,
    problems: tidy(problems),
    guessed,
    included: loaded.project?.included ?? [],
    ...kept,
  }
}

interface SpecInputs {
  catalog: Catalog
  problems: Problem[]
  contents: ContentInputs
}

type Specified = Pick<LoadedStack, 'spec' | 'contents' | 'secrets'>

const NONE: Specified = { spec: null, contents: new Map(), secrets: new Map() }

/** What of a project runs on hosts. Null when an error is among the problems. */
function specOf(
  { name, written, model, hasDisabled }: Project,
  { catalog, problems, contents: inputs }: SpecInputs,
): Specified {
  tellMarks(cursorAt(written, problems))
  const at = cursorAt(withVolumesFrom(cursorAt(model, problems)), problems)
  const draft = readStack(at)
  if (draft.services.length === 0 && !hasErrors(problems)) fail(at, hasDisabled ? NOTHING_ENABLED : NOTHING)
  validate(draft)
  const images = resolveImages(draft, catalog)
  const { mounts, packs, profiles, secrets } = readContents(at, inputs)
  if (hasErrors(problems)) return NONE
  return { spec: build({ name, draft, images, contents: mounts, profiles }), contents: packs, secrets }
}

const NOTHING = 'has no service; to remove a stack, delete its file'
const NOTHING_ENABLED =
  'has no service that runs (a profile enables it only when COMPOSE_PROFILES names that); to remove a stack, delete its file'

/** A key at the root may be a misspelt `name`. */
function isAboutRoot(problem: Problem): boolean {
  const { path } = problem
  return isError(problem) && path !== '' && !/[.[]/.test(path)
}

function unread(file: StackFile, other: string): Problem {
  const message = `${other} beside it is not read; put what it says into this file`
  return noticeAt({ file: file.path, line: 0, column: 0 }, '', message)
}

/** The files that `docker compose` finds in that folder: what `COMPOSE_FILE` lists, else the file and its override. */
function composeFiles(file: StackFile, variables: Lookup): string[] {
  const listed = file.isFolder
    ? partsOf(variables('COMPOSE_FILE'), variables('COMPOSE_PATH_SEPARATOR') || ':')
    : []
  if (listed.length === 0) return [file.path, ...file.overrides]
  // One more than is loaded, by which they are told to be too many.
  return listed.slice(0, MAX_FILES + 1).map((path) => posix.join(file.folder, path))
}
