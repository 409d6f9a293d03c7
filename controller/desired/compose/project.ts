import { posix } from 'node:path'
import type { Problem } from '../../../schemas/problem.ts'
import { cursorAt } from '../cursor.ts'
import type { Files } from '../files.ts'
import { insideOnly } from '../inside.ts'
import { errorIn, hasErrors } from '../report.ts'
import type { MapNode } from '../yaml/node.ts'
import { checkConsistency } from './consistency.ts'
import { setDefaults } from './defaults.ts'
import { resolveEnvironment } from './environment.ts'
import { loadFiles } from './load-files.ts'
import { normalise } from './normalise.ts'
import { enableProfiles } from './profiles.ts'
import { createReader, type Reader } from './reader.ts'
import type { Lookup } from './template.ts'

/** What a project is loaded from. Nothing else is read: no disk, no clock, no environment. */
export interface ProjectInput {
  files: Files
  /** Reads and parses; give one to parse no file twice. */
  reader?: Reader
  /** The compose files, the later merged over the earlier (Compose Specification §Merge). */
  compose: string[]
  /** The project directory: where relative paths of these files start. */
  directory: string
  /** The project's name, already normalised. */
  name: string
  /** The variables for interpolation and for `environment` entries without a value. */
  variables: Lookup
  /** What a variable without a value and a default is: a problem, or a blank text with a notice. */
  unset: 'error' | 'blank'
  /** The active profiles; `*` is all of them (§Profiles). */
  profiles: readonly string[]
  /** What `~` stands for. */
  home?: string | undefined
}

export interface Project {
  name: string
  /** The model in canonical form as it is written, without what is filled in: for telling of keys. */
  written: MapNode
  /** The resolved model: what `docker compose config` prints. */
  model: MapNode
  /** The paths of all files that it includes, directly or not. */
  included: readonly string[]
}

/**
 * Loads a Compose project as the Compose Specification says: each file parsed, its variables filled in and its short
 * forms made long, what it includes and extends taken in, later files merged over earlier ones; then profiles,
 * defaults, checks, names and environment of the whole.
 * @returns the project, undefined when it could not be made; and all problems at once. With an error among them the
 * project is not to be used for more than looking for further ones. Never throws.
 */
export function loadProject(given: ProjectInput): { project: Project | undefined; problems: Problem[] } {
  const problems: Problem[] = []
  // A project whose directory is absolute is no part of a checkout: its files may lie anywhere.
  const input = posix.isAbsolute(given.directory) ? given : { ...given, files: insideOnly(given.files) }
  const reader = input.reader ?? createReader(input.files)
  const included = new Set<string>()
  const merged = loadFiles(input.compose, { ...input, reader, problems, including: [], included })
  if (!merged) {
    if (!hasErrors(problems)) problems.push(errorIn(input.compose[0] ?? '', 'the file is empty'))
    return { project: undefined, problems }
  }
  const written = enableProfiles(cursorAt(merged, problems), input.profiles)
  const complete = setDefaults(written, input)
  checkConsistency(cursorAt(complete, problems), merged)
  const model = resolveEnvironment(cursorAt(normalise(complete, input.name), problems), input)
  return { project: { name: input.name, written, model, included: [...included] }, problems }
}
