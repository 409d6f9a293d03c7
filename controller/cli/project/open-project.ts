import { basename } from 'node:path'
import type { Problem } from '../../../schemas/problem.ts'
import type { Unset } from '../../desired/compose/fill-in.ts'
import { loadProject, type Project } from '../../desired/compose/project.ts'
import { normaliseName, projectName, withProjectName } from '../../desired/compose/project-name.ts'
import { createReader } from '../../desired/compose/reader.ts'
import { cursorAt } from '../../desired/cursor.ts'
import type { Files } from '../../desired/files.ts'
import { noticeAt, tidy } from '../../desired/report.ts'
import { tellVersion } from '../../desired/spec/tell-marks.ts'
import type { Settings } from './settings.ts'

export interface Opened {
  project: Project | undefined
  problems: Problem[]
}

/** Loads the project that settings speak of. */
export function openProject(settings: Settings, { files, unset }: { files: Files; unset: Unset }): Opened {
  const { compose, directory, profiles } = settings
  const reader = createReader(files)
  const read = compose.map((path) => reader.read(path))
  const variables = (name: string) => settings.variables.get(name)
  const { name, problems } = projectName({
    given: settings.name,
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
    profiles,
    home: variables('HOME'),
  })
  if (loaded.project) tellVersion(cursorAt(loaded.project.written, loaded.problems))
  const warnings = settings.warnings.map((warning) => aboutFiles(compose[0] ?? '', warning))
  return {
    project: loaded.project,
    problems: tidy([...warnings, ...settings.problems, ...problems, ...loaded.problems]),
  }
}

function aboutFiles(file: string, message: string): Problem {
  return noticeAt({ file, line: 0, column: 0 }, '', message)
}
