import { relative } from 'node:path'
import type { Readable } from 'node:stream'
import { SetpointError } from '../../../schemas/error.ts'
import type { Problem } from '../../../schemas/problem.ts'
import { MAX_FILE_BYTES } from '../../../schemas/source.ts'
import { projectJson, projectYaml } from '../../desired/compose/print.ts'
import type { Project } from '../../desired/compose/project.ts'
import { hasErrors } from '../../desired/report.ts'
import type { Context } from '../context.ts'
import { EXIT } from '../exit.ts'
import { painter } from '../format/paint.ts'
import { problemLine } from '../format/problem-line.ts'
import type { ConfigFlags, Format } from './config-flags.ts'
import { diskFiles } from './disk-files.ts'
import { LISTINGS, list } from './listings.ts'
import { openProject } from './open-project.ts'
import { settle, stdinPath } from './settings.ts'

/**
 * Resolves a project and prints it; gives the exit code.
 * @throws SetpointError USAGE when there is no compose file
 */
export async function printProject(
  context: Context,
  flags: ConfigFlags,
  { cwd, stdin }: { cwd: string; stdin: Readable },
): Promise<number> {
  const shown = (path: string) => relative(cwd, path) || path
  const given = new Map<string, Buffer>()
  const files = diskFiles({ shown, given })
  const listing = LISTINGS.find((name) => flags[name])
  const unset = flags.strict ? 'error' : 'blank'
  const wanted = listing === 'profiles' ? { ...flags, profile: ['*'] } : flags
  const settings = settle(wanted, { cwd, env: context.env, files, unset })
  if (settings.compose.length === 0) throw noComposeFile()
  const input = stdinPath(cwd)
  if (settings.compose.includes(input)) given.set(input, await readSome(stdin))

  const { project, problems } = openProject(settings, { files, unset })
  const format = flags.format ?? flags.output
  tell(
    context,
    format,
    problems.map((problem) => fromHere(problem, shown)),
  )
  if (!project || hasErrors(problems)) return EXIT.no
  if (listing) for (const line of list(projectJson(project), listing)) context.out(line)
  else if (!flags.quiet) context.out(printed(project, format))
  return EXIT.yes
}

function printed(project: Project, format: Format): string {
  return format === 'json' ? JSON.stringify(projectJson(project), null, 2) : projectYaml(project).trimEnd()
}

function tell({ err, colour }: Context, format: Format, problems: Problem[]): void {
  if (format === 'yaml') for (const problem of problems) err(problemLine(problem, painter(colour)))
  else if (problems.length > 0) err(JSON.stringify({ problems }, null, 2))
}

/** What comes in, a little over what is read of a file at most: an endless stream is told by that. */
async function readSome(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk))
    length += chunk.length
    if (length > MAX_FILE_BYTES) break
  }
  return Buffer.concat(chunks)
}

/** The problem with its files as an editor started here finds them. */
function fromHere(problem: Problem, shown: (path: string) => string): Problem {
  const { related } = problem
  return {
    ...problem,
    file: shown(problem.file),
    ...(related && { related: related.map((place) => ({ ...place, file: shown(place.file) })) }),
  }
}

function noComposeFile(): SetpointError {
  return new SetpointError('USAGE', 'There is no compose file here or in a folder above.', {
    hint: 'Name one with -f; by itself compose.yaml, compose.yml, docker-compose.yml or docker-compose.yaml is found.',
  })
}
