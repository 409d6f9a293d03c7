import { basename } from 'node:path'
import type { Problem } from '../../../schemas/problem.ts'
import { createReader } from '../../desired/compose/composition/reader.ts'
import { loadNamedProject } from '../../desired/compose/named-project.ts'
import type { Project } from '../../desired/compose/project.ts'
import type { Unset } from '../../desired/compose/variables/fill-in.ts'
import { normaliseName } from '../../desired/compose/variables/project-name.ts'
import { asksForValues, withDeclared } from '../../desired/compose/variables/variables.ts'
import { cursorAt } from '../../desired/cursor.ts'
import type { Files } from '../../desired/files/files.ts'
import { noteAll, noticeAt, tidy } from '../../desired/problems.ts'
import { tellVersion } from '../../desired/spec/tell-marks.ts'
import type { Settings } from './settings.ts'

export interface Opened {
  project: Project | undefined
  problems: Problem[]
}

interface Opening {
  files: Files
  /** What a variable without a value is where the first file does not say it. */
  unset: Unset
}

/** Loads the project that settings speak of. */
export function openProject(settings: Settings, { files, unset: otherwise }: Opening): Opened {
  const { compose, directory, profiles } = settings
  const reader = createReader(files)
  const [first] = compose
  const documents = first === undefined ? [] : reader.read(first).documents
  const unset = asksForValues(documents) ? 'error' : otherwise
  const problems = [
    ...settings.warnings.map((warning) => aboutFiles(first ?? '', warning)),
    ...settings.problems,
  ]
  const variables = withDeclared(documents, {
    outer: (name) => settings.environment.get(name),
    inner: (name) => settings.variables.get(name),
    unset,
    problems,
  })
  const loaded = loadNamedProject({
    files,
    reader,
    compose,
    directory,
    variables,
    unset,
    given: settings.name,
    askedBy: settings.name === undefined ? 'COMPOSE_PROJECT_NAME' : '-p',
    fallback: normaliseName(basename(directory)),
    profiles: profiles.length > 0 ? profiles : undefined,
    home: variables('HOME'),
  })
  noteAll(problems, loaded.problems)
  if (loaded.project) tellVersion(cursorAt(loaded.project.written, problems))
  return { project: loaded.project, problems: tidy(problems) }
}

function aboutFiles(file: string, message: string): Problem {
  return noticeAt({ file, line: 0, column: 0 }, '', message)
}
