import { resolve } from 'node:path'
import { Option } from 'commander'
import { SetpointError } from '../../../schemas/error.ts'
import { formatProblem, isError, type Problem } from '../../../schemas/problem.ts'

/** `--variables`, which may be given several times. */
export function variablesOption(): Option {
  return new Option(
    '--variables <[source=]file>',
    'variables of stack files, NAME=value a line, for all sources or the one of that name; they win over .env',
  )
    .argParser((value: string, previous: string[]) => [...previous, value])
    .default([], 'none')
}

/**
 * The settings of each source: what the `--variables` files for it say, the later over the earlier.
 * @param texts `FILE`, or `SOURCE=FILE` with the name that `setpoint status` gives the source
 * @param names of the sources, in order
 * @throws SetpointError USAGE for a file that cannot be read or parsed, and for a source that there is not
 */
export async function readVariables(
  texts: readonly string[],
  names: readonly string[],
): Promise<Record<string, string>[]> {
  const files = await Promise.all(texts.map((text) => readOne(text, names)))
  return names.map((name) =>
    Object.fromEntries(
      files.filter((one) => one.source === undefined || one.source === name).flatMap((one) => one.variables),
    ),
  )
}

interface VariablesFile {
  /** Absent: for all. */
  source?: string | undefined
  variables: [string, string][]
}

async function readOne(text: string, names: readonly string[]): Promise<VariablesFile> {
  const [, source, path = text] = /^([A-Za-z0-9._-]+)=(.+)$/s.exec(text) ?? []
  if (source !== undefined && !names.includes(source)) {
    throw new SetpointError('USAGE', `--variables ${text} is for the source ${source}, which there is not.`, {
      hint: known(names),
    })
  }
  return { source, variables: await parseFile(resolve(path)) }
}

function known([first, ...others]: readonly string[]): string {
  if (first === undefined) return 'There is no source.'
  return others.length === 0
    ? `The only source is called "${first}".`
    : `The sources are called ${[first, ...others].map((name) => `"${name}"`).join(', ')}.`
}

async function parseFile(path: string): Promise<[string, string][]> {
  const [{ parseDotenv }, { decodeText }, { diskFiles }] = await Promise.all([
    import('../../desired/compose/variables/dotenv.ts'),
    import('../../desired/files/decode-text.ts'),
    import('../project/disk-files.ts'),
  ])
  const found = diskFiles().read(path)
  if ('problem' in found) throw new SetpointError('USAGE', `The variables cannot be read: ${found.problem}.`)
  const decoded = decodeText(path, found.bytes)
  if ('problem' in decoded) throw unreadable(decoded.problem)
  const { variables, problems } = parseDotenv(path, decoded.text, { outer: () => undefined })
  const first = problems.find(isError)
  if (first) throw unreadable(first)
  return [...variables]
}

function unreadable(problem: Problem): SetpointError {
  return new SetpointError('USAGE', `The variables cannot be read: ${formatProblem(problem)}.`)
}
