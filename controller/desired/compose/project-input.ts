import { posix } from 'node:path'
import type { Problem } from '../../../schemas/problem.ts'
import type { Files } from '../files/files.ts'
import { insideOnly } from '../files/inside.ts'
import { errorIn } from '../problems.ts'
import type { Reader } from './composition/reader.ts'
import type { Unset } from './variables/fill-in.ts'
import { LAST_NAME, noProjectName, normaliseName } from './variables/project-name.ts'
import type { Lookup } from './variables/template.ts'

/** What a project is loaded from. Nothing else is read: no disk, no clock, no environment. */
export interface ProjectInput {
  files: Files
  /** Reads and parses; give one to parse no file twice. */
  reader?: Reader | undefined
  /** The compose files, the later merged over the earlier (Compose Specification §Merge). */
  compose: readonly string[]
  /** The project directory: where relative paths of these files start; by default where the paths of `files` do. */
  directory?: string | undefined
  /** The project's name, already normalised. */
  name: string
  /** The variables for interpolation and for `environment` entries without a value; by default none. */
  variables?: Lookup | undefined
  /** What a variable without a value and a default is: a problem, which is the default, or a blank text with a notice. */
  unset?: Unset | undefined
  /** The active profiles, by default none; `*` is all of them (§Profiles). */
  profiles?: readonly string[] | undefined
  /** What `~` stands for; by default it stays. */
  home?: string | undefined
}

interface CompleteInput extends ProjectInput {
  directory: string
  variables: Lookup
  unset: Unset
  profiles: readonly string[]
}

/** The input with its defaults, and what is wrong with it: also callers without types are told, and not by a throw. */
export function completeInput(input: ProjectInput): { input: CompleteInput; problems: Problem[] } {
  const compose = Array.isArray(input.compose) ? input.compose.map((path) => posix.normalize(path)) : []
  const given = String(input.name ?? '')
  const name = normaliseName(given) || LAST_NAME
  const directory = input.directory ?? ''
  const problems = [...composeProblems(compose), ...(name === given ? [] : [nameProblem(given, compose)])]
  return {
    problems,
    input: {
      ...input,
      // A project whose directory is absolute is no part of a checkout: its files may lie anywhere.
      files: posix.isAbsolute(directory) ? input.files : insideOnly(input.files),
      compose,
      name,
      directory,
      variables: input.variables ?? (() => undefined),
      unset: input.unset ?? 'error',
      profiles: input.profiles ?? [],
    },
  }
}

function composeProblems(compose: readonly string[]): Problem[] {
  if (compose.length > 0) return []
  return [errorIn('', 'no compose file is given; name at least one, as in compose: ["compose.yaml"]')]
}

function nameProblem(given: string, [first = '']: readonly string[]): Problem {
  return errorIn(first, noProjectName(given))
}
