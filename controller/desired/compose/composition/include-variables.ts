import { posix } from 'node:path'
import type { Cursor } from '../../cursor.ts'
import type { Files } from '../../files/files.ts'
import { noteAll } from '../../problems.ts'
import { readEnvFiles } from '../variables/env-files.ts'
import { sizeOf } from '../variables/variable-files.ts'
import { type Composing, nothingKnown, type VariableScope } from './composing.ts'
import { locateFile, textsBelow } from './file-reference.ts'

/**
 * The variables of what is included: those of the file that includes, and beneath them those of `env_file`, by default
 * of `.env` in the project directory of the include. Undefined after a problem.
 */
export function includeVariables(
  at: Cursor,
  directory: string,
  composing: Composing,
): VariableScope | undefined {
  const { variables, known } = composing
  const envFiles = envFilesOf(at, directory, composing)
  if (!envFiles) return undefined
  if (envFiles.length === 0) return { variables, known }
  const key = JSON.stringify(envFiles)
  const scope = known.scopes.get(key) ?? scopeBeneath(envFiles, at, composing)
  if (scope) known.scopes.set(key, scope)
  return scope
}

function envFilesOf(at: Cursor, directory: string, composing: Composing): string[] | undefined {
  const listed = textsBelow(at, 'env_file')
  if (listed.length === 0) return defaultEnvFile(directory, composing)
  const named = listed.filter(({ node }) => node.kind !== 'scalar' || node.text !== '/dev/null')
  const paths = named.map((file) => locateFile(file, composing))
  return paths.every((path) => path !== undefined) ? paths : undefined
}

function defaultEnvFile(directory: string, { files }: Composing): string[] {
  const path = posix.join(directory, '.env')
  const found = files.read(path)
  return 'problem' in found && found.missing ? [] : [path]
}

function scopeBeneath(envFiles: string[], at: Cursor, composing: Composing): VariableScope | undefined {
  const { files, variables: outer, unset, problems, budget } = composing
  if (!envFiles.every((path) => budget.takeFile(at) && budget.takeVariables(bytesOf(path, files), at)))
    return undefined
  const inner = readEnvFiles(envFiles, { files, outer, unset })
  noteAll(problems, inner.problems)
  if (!budget.takeVariables(sizeOf(inner.variables), at)) return undefined
  return { variables: (name) => outer(name) ?? inner.variables.get(name), known: nothingKnown() }
}

function bytesOf(path: string, files: Files): number {
  const found = files.read(path)
  return 'problem' in found ? 0 : found.bytes.length
}
