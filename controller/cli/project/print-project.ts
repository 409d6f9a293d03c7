import type { Readable } from 'node:stream'
import { SetpointError } from '../../../schemas/error.ts'
import type { Problem } from '../../../schemas/problem.ts'
import { projectJson, projectYaml } from '../../desired/compose/print/print.ts'
import type { Project } from '../../desired/compose/project.ts'
import { hasErrors } from '../../desired/problems.ts'
import type { Context } from '../context.ts'
import { EXIT } from '../exit.ts'
import { painter } from '../format/paint.ts'
import { problemLine } from '../format/problem-line.ts'
import { fromHere, pathFrom } from '../problem-paths.ts'
import { checkFlags } from './check-flags.ts'
import type { ConfigFlags, Format } from './config-flags.ts'
import { diskFiles } from './disk-files.ts'
import { LISTINGS, list } from './listings.ts'
import { type Opened, openProject } from './open-project.ts'
import { readStdin } from './read-stdin.ts'
import { selectServices } from './select-services.ts'
import { settle, stdinPath } from './settings.ts'

/** Where the command runs. */
export interface World {
  cwd: string
  stdin: Readable
}

/**
 * Resolves a project and prints it; gives the exit code.
 * @throws SetpointError USAGE when there is no compose file
 */
export async function printProject(context: Context, flags: ConfigFlags, world: World): Promise<number> {
  checkFlags(flags, world.cwd)
  const { project, problems } = await open(context, flags, world)
  const format = flags.format ?? flags.output
  tell(
    context,
    format,
    problems.map((problem) => fromHere(problem, world.cwd)),
  )
  if (!project || hasErrors(problems)) return EXIT.no
  const selected = selectServices(project, flags.only ?? [])
  for (const line of printed(selected, format, flags)) context.out(line)
  return EXIT.yes
}

async function open({ env }: Context, flags: ConfigFlags, { cwd, stdin }: World): Promise<Opened> {
  const given = new Map<string, Buffer>()
  const files = diskFiles({ shown: (path) => pathFrom(cwd, path), given })
  const unset = flags.strict ? 'error' : 'blank'
  const isAll = flags.profiles || flags.only?.length
  const wanted = isAll ? { ...flags, profile: ['*'] } : flags
  const settings = settle(wanted, { cwd, env, files, unset })
  if (settings.compose.length === 0) throw noComposeFile()
  const input = stdinPath(cwd)
  if (settings.compose.includes(input)) given.set(input, await readStdin(stdin))
  return openProject(settings, { files, unset })
}

function tell({ err, colour }: Context, format: Format, problems: Problem[]): void {
  if (format === 'yaml') for (const problem of problems) err(problemLine(problem, painter(colour)))
  else if (problems.length > 0) err(JSON.stringify({ problems }, null, 2))
}

function printed(project: Project, format: Format, flags: ConfigFlags): string[] {
  if (flags.quiet) return []
  const listing = LISTINGS.find((name) => flags[name])
  if (listing) {
    const lines = list(projectJson(project), listing)
    return format === 'json' ? [JSON.stringify(lines, null, 2)] : lines
  }
  return [format === 'json' ? JSON.stringify(projectJson(project), null, 2) : projectYaml(project).trimEnd()]
}

function noComposeFile(): SetpointError {
  return new SetpointError('USAGE', 'There is no compose file here or in a folder above.', {
    hint: 'Name one with -f; by itself compose.yaml, compose.yml, docker-compose.yml or docker-compose.yaml is found.',
  })
}
