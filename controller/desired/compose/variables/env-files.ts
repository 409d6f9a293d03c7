import type { Problem } from '../../../../schemas/problem.ts'
import type { Files } from '../../files/files.ts'
import { readText } from '../../files/read-text.ts'
import { note } from '../../problems.ts'
import { parseDotenv } from './dotenv.ts'
import type { Unset } from './fill-in.ts'
import type { Lookup } from './template.ts'

export interface EnvFileInputs {
  files: Files
  /** What wins over the files where their values name variables; by default nothing. */
  outer?: Lookup | undefined
  unset?: Unset | undefined
}

/** What dotenv files set together, the later winning over the earlier (Compose CLI, `--env-file`). */
export function readEnvFiles(
  paths: readonly string[],
  { files, outer = () => undefined, unset = 'error' }: EnvFileInputs,
): { variables: Map<string, string>; problems: Problem[] } {
  const variables = new Map<string, string>()
  const problems: Problem[] = []
  for (const path of paths) read(path)
  return { variables, problems }

  function read(path: string): void {
    const found = readText(files, path)
    if ('problem' in found) {
      note(problems, found.problem)
      return
    }
    const earlier: Lookup = (name) => variables.get(name)
    const parsed = parseDotenv(path, found.text, { outer, unset, earlier })
    for (const problem of parsed.problems) note(problems, problem)
    for (const [name, value] of parsed.variables) variables.set(name, value)
  }
}
