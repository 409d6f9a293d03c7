import type { Problem } from '../../../schemas/problem.ts'
import { hasErrors } from '../problems.ts'
import type { Reader } from './composition/reader.ts'
import { loadProject, type Project } from './project.ts'
import type { ProjectInput } from './project-input.ts'
import { partsOf } from './variables/parts.ts'
import { type NameInputs, projectName, withProjectName } from './variables/project-name.ts'
import type { Lookup } from './variables/template.ts'

export type NamedInput = Omit<ProjectInput, 'name' | 'reader' | 'variables' | 'unset'> & {
  reader: Reader
  /** Without the project's name. */
  variables: Lookup
} & Pick<NameInputs, 'unset' | 'given' | 'askedBy' | 'fallback'>

export interface NamedProject {
  name: string
  /** True when what tells the name could not be read whole: it may be another one. */
  guessed: boolean
  /** Undefined when it could not be made. */
  project: Project | undefined
  /** The variables, the project's name among them. */
  variables: Lookup
  problems: Problem[]
}

/** Loads a project whose name stands in its files, or in what else is known. Its profiles may stand in its variables. */
export function loadNamedProject(input: NamedInput): NamedProject {
  const { compose, reader, variables, unset, profiles } = input
  const read = compose.map((path) => reader.read(path))
  const { name, guessed, problems } = projectName({
    ...input,
    documents: read.flatMap(({ documents }) => documents),
    isBroken: read.some(({ isBroken }) => isBroken),
  })
  const known = withProjectName(variables, name)
  const active = profiles ?? partsOf(variables('COMPOSE_PROFILES'))
  const loaded = loadProject({ ...input, name, variables: known, unset, profiles: active })
  return {
    name,
    guessed: guessed || read.some((one) => hasErrors(one.problems)),
    project: loaded.project,
    variables: known,
    problems: [...problems, ...loaded.problems],
  }
}
