import { basename } from 'node:path'
import type { Problem } from '../../../schemas/problem.ts'
import { createReader } from '../../desired/compose/composition/reader.ts'
import { loadProject, type Project } from '../../desired/compose/project.ts'
import type { Unset } from '../../desired/compose/variables/fill-in.ts'
import { partsOf } from '../../desired/compose/variables/parts.ts'
import { normaliseName, projectName, withProjectName } from '../../desired/compose/variables/project-name.ts'
import { asksForValues, withDeclared } from '../../desired/compose/variables/variables.ts'
import { cursorAt } from '../../desired/cursor.ts'
import type { Files } from '../../desired/files.ts'
import { noticeAt, tidy } from '../../desired/report.ts'
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
  const read = compose.map((path) => reader.read(path))
  const first = read[0]?.documents ?? []
  const unset = asksForValues(first) ? 'error' : otherwise
  const declaring: Problem[] = []
  const variables = withDeclared(first, {
    outer: (name) => settings.environment.get(name),
    inner: (name) => settings.variables.get(name),
    ...{ unset, problems: declaring },
  })
  const { name, problems } = projectName({
    given: settings.name,
    askedBy: settings.name === undefined ? 'COMPOSE_PROJECT_NAME' : '-p',
    documents: read.flatMap(({ documents }) => documents),
    isBroken: read.some(({ isBroken }) => isBroken),
    variables,
    unset,
    fallback: normaliseName(basename(directory)),
  })
  const loaded = loadProject({
    files,
    reader,
    compose,
    directory,
    name,
    variables: withProjectName(variables, name),
    unset,
    profiles: profiles.length > 0 ? profiles : partsOf(variables('COMPOSE_PROFILES')),
    home: variables('HOME'),
  })
  if (loaded.project) tellVersion(cursorAt(loaded.project.written, loaded.problems))
  const warnings = settings.warnings.map((warning) => aboutFiles(compose[0] ?? '', warning))
  return {
    project: loaded.project,
    problems: tidy([...warnings, ...settings.problems, ...declaring, ...problems, ...loaded.problems]),
  }
}

function aboutFiles(file: string, message: string): Problem {
  return noticeAt({ file, line: 0, column: 0 }, '', message)
}
