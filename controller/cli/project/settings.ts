import { dirname, join, resolve } from 'node:path'
import type { Problem } from '../../../schemas/problem.ts'
import { readEnvFiles } from '../../desired/compose/variables/env-files.ts'
import type { Unset } from '../../desired/compose/variables/fill-in.ts'
import { partsOf } from '../../desired/compose/variables/parts.ts'
import type { Files } from '../../desired/files/files.ts'
import { tidy } from '../../desired/problems.ts'
import { findFiles, isThereOnDisk } from './find-files.ts'

/** What a command line says of a Compose project. */
export interface ProjectFlags {
  /** `-` is standard input. */
  file: string[]
  envFile: string[]
  profile: string[]
  projectDirectory?: string
  projectName?: string
}

/** Where it is said. */
export interface Surroundings {
  /** The working folder, absolute. */
  cwd: string
  env: Readonly<NodeJS.ProcessEnv>
  files: Files
  /** What a variable is that an env file refers to and that is not set. */
  unset: Unset
  isThere?: (path: string) => boolean
}

/** What flags, the environment and `.env` come to. */
export interface Settings {
  /** Absolute; empty when there is no compose file. */
  compose: string[]
  /** The project directory. */
  directory: string
  environment: ReadonlyMap<string, string>
  /** The environment, and below it the variables of the env files. */
  variables: ReadonlyMap<string, string>
  /** Given by flags; else those of COMPOSE_PROFILES count. */
  profiles: string[]
  /** Given by a flag; else COMPOSE_PROJECT_NAME counts. */
  name: string | undefined
  problems: Problem[]
  warnings: string[]
}

/** The path under which standard input stands among the files. */
export function stdinPath(cwd: string): string {
  return join(cwd, '-')
}

/**
 * Settles what a project is loaded from, as `docker compose` does: flags win over the environment, and that over the
 * env files, which are `.env` of the project directory when none are named.
 */
export function settle(flags: ProjectFlags, surroundings: Surroundings): Settings {
  const { cwd, env, files, unset, isThere = isThereOnDisk } = surroundings
  const problems: Problem[] = []
  const environment = new Map([['PWD', cwd], ...definedOf(env)])
  const variables = new Map(environment)

  // What the settings themselves are may stand in .env; its folder is known once the compose file is.
  const given = flags.file.map((path) => resolve(cwd, path))
  read(directoryOf(given), (name) => name.startsWith('COMPOSE_'))
  read(directoryOf(given))
  const { files: compose, warnings } = given.length > 0 ? { files: given, warnings: [] } : composeFiles()
  const directory = directoryOf(compose)
  read(directory)

  return {
    compose,
    directory,
    environment,
    variables,
    profiles: flags.profile,
    name: flags.projectName || undefined,
    problems: tidy(problems),
    warnings,
  }

  function read(folder: string, isMeant: (name: string) => boolean = () => true): void {
    const outer = (name: string) => variables.get(name)
    const result = readEnvFiles(envFilesOf(folder), { files, outer, unset })
    problems.push(...result.problems)
    for (const [name, value] of result.variables) {
      if (!variables.has(name) && isMeant(name)) variables.set(name, value)
    }
  }

  function envFilesOf(folder: string): string[] {
    const named = flags.envFile.length > 0 ? flags.envFile : listed('COMPOSE_ENV_FILES', ',')
    if (named.length > 0) return named.map((path) => resolve(cwd, path))
    const usual = join(folder, '.env')
    return isThere(usual) && !isTrue(env.COMPOSE_DISABLE_ENV_FILE) ? [usual] : []
  }

  function composeFiles() {
    const named = listed('COMPOSE_FILE', variables.get('COMPOSE_PATH_SEPARATOR') || ':')
    if (named.length > 0) return { files: named.map((path) => resolve(cwd, path)), warnings: [] }
    return findFiles(flags.projectDirectory === undefined ? cwd : directoryOf([]), isThere)
  }

  function directoryOf(compose: string[]): string {
    if (flags.projectDirectory !== undefined) return resolve(cwd, flags.projectDirectory)
    const first = compose.find((path) => path !== stdinPath(cwd))
    return first === undefined ? cwd : dirname(first)
  }

  function listed(name: string, separator: string): string[] {
    return partsOf(variables.get(name), separator)
  }
}

function definedOf(env: Readonly<NodeJS.ProcessEnv>): [string, string][] {
  return Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
}

function isTrue(text: string | undefined): boolean {
  return ['1', 't', 'true'].includes((text ?? '').toLowerCase())
}
