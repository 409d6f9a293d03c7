/**
 * The loader of the Compose Specification for other programs: `import { loadProject } from 'setpoint/compose'`.
 * docs/library.md has an example.
 */
export { formatProblem, type Problem, type RelatedPlace } from '../../../schemas/problem.ts'
export type { SourceFile, SourceTree } from '../../../schemas/source.ts'
export { type Files, type Found, filesOf } from '../files/files.ts'
export { hasErrors, tidy } from '../problems.ts'
export type { ListNode, MapNode, Node, Place, ScalarNode } from '../yaml/node.ts'
export { createReader, type Reader } from './composition/reader.ts'
export { filesFrom } from './files-from.ts'
export { type Json, projectJson, projectYaml } from './print/print.ts'
export { loadProject, type Project } from './project.ts'
export type { ProjectInput } from './project-input.ts'
export { readEnvFiles } from './variables/env-files.ts'
export {
  type NameInputs,
  normaliseName,
  type ProjectName,
  projectName,
  withProjectName,
} from './variables/project-name.ts'
export type { Lookup } from './variables/template.ts'
