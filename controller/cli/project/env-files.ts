import type { Problem } from '../../../schemas/problem.ts'
import { parseDotenv } from '../../desired/compose/dotenv.ts'
import type { Files } from '../../desired/files.ts'
import { errorIn } from '../../desired/report.ts'

/**
 * The variables of several env files, the later winning over the earlier (Compose Specification §Interpolation).
 * @param variables what stands around: what the files refer to is looked for here first
 */
export function readEnvFiles(
  paths: string[],
  { files, variables }: { files: Files; variables: ReadonlyMap<string, string> },
): { variables: Map<string, string>; problems: Problem[] } {
  const read = new Map<string, string>()
  const problems: Problem[] = []
  for (const path of paths) {
    const found = files.read(path)
    if ('problem' in found) {
      problems.push(errorIn(path, found.problem))
      continue
    }
    const outer = (name: string) => variables.get(name) ?? read.get(name)
    const parsed = parseDotenv(path, found.bytes.toString('utf8'), outer)
    problems.push(...parsed.problems)
    for (const [name, value] of parsed.variables) read.set(name, value)
  }
  return { variables: read, problems }
}
