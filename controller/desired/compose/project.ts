import type { Problem } from '../../../schemas/problem.ts'
import { cursorAt } from '../cursor.ts'
import { errorIn, hasErrors } from '../problems.ts'
import { type MapNode, valueAt } from '../yaml/node.ts'
import { checkConsistency } from './checks/consistency.ts'
import { loadFiles } from './composition/load-files.ts'
import { createReader } from './composition/reader.ts'
import { asMap } from './edit.ts'
import { completeInput, type ProjectInput } from './project-input.ts'
import { setDefaults } from './resolve/defaults.ts'
import { normalise } from './resolve/normalise.ts'
import { enableProfiles } from './resolve/profiles.ts'
import { resolveEnvironment } from './variables/environment.ts'

export interface Project {
  name: string
  /** The model in canonical form as it is written, without what is filled in: for telling of keys. */
  written: MapNode
  /** The resolved model: what `docker compose config` prints. */
  model: MapNode
  /** Whether services are left out because no active profile enables them. */
  hasDisabled: boolean
  /** The paths of all files that it includes, directly or not. */
  included: readonly string[]
}

/** The most services of one project: each is checked against the others. */
export const MAX_SERVICES = 10_000

/**
 * Loads a Compose project as the Compose Specification says: each file parsed, its variables filled in and its short
 * forms made long, what it includes and extends taken in, later files merged over earlier ones; then profiles,
 * defaults, checks, names and environment of the whole.
 * @returns the project, undefined when it could not be made; and all problems at once. With an error among them the
 * project is not to be used for more than looking for further ones. Throws nothing but what the functions of the input throw.
 */
export function loadProject(given: ProjectInput): { project: Project | undefined; problems: Problem[] } {
  const { input, problems } = completeInput(given)
  const reader = input.reader ?? createReader(input.files)
  const included = new Set<string>()
  const merged = loadFiles(input.compose, { ...input, reader, problems, including: [], included })
  if (!merged) {
    if (!hasErrors(problems)) problems.push(errorIn(input.compose[0] ?? '', 'the file is empty'))
    return { project: undefined, problems }
  }
  if (countServices(merged) > MAX_SERVICES) {
    problems.push(
      errorIn(merged.at.file, `has more than ${MAX_SERVICES} services; split the project into several`),
    )
    return { project: undefined, problems }
  }
  const written = enableProfiles(cursorAt(merged, problems), input.profiles)
  const complete = setDefaults(written, input)
  checkConsistency(cursorAt(complete, problems), merged)
  const model = resolveEnvironment(cursorAt(normalise(complete, input.name), problems), input)
  const hasDisabled = countServices(written) < countServices(merged)
  return { project: { name: input.name, written, model, hasDisabled, included: [...included] }, problems }
}

function countServices(model: MapNode): number {
  return asMap(valueAt(model, 'services')).entries.size
}
