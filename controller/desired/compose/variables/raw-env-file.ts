import type { Problem } from '../../../../schemas/problem.ts'
import { errorAt, note } from '../../problems.ts'
import { withoutMark } from '../../text.ts'
import type { Place } from '../../yaml/node.ts'
import type { EnvFile } from './env-file.ts'
import type { Lookup } from './template.ts'

/**
 * A file in the format of `docker run --env-file` (Compose Specification §env_file, `format: raw`): everything behind
 * the first `=` is the value, with quotes, `#` and `$`. A bare `NAME` takes its value from `outer` or is left out.
 */
export function parseRawEnvFile(file: string, content: string, outer: Lookup): EnvFile {
  const problems: Problem[] = []
  const variables = new Map<string, string>()
  const places = new Map<string, Place>()
  const lines = withoutMark(content).split('\n')
  for (const [index, line] of lines.entries()) {
    const entry = line.replace(/\r$/, '').trimStart()
    const at = { file, line: index + 1, column: line.length - line.trimStart().length + 1 }
    if (entry !== '' && !entry.startsWith('#')) read(entry, at)
  }
  return { variables, places, problems }

  function read(entry: string, at: Place): void {
    const [name = ''] = entry.split('=', 1)
    if (name === '') note(problems, errorAt(at, '', 'this line is no NAME=value: there is no name'))
    else if (/\s/.test(name))
      note(problems, errorAt(at, '', 'this line is no NAME=value: a name has no space'))
    else keep(name, at, name === entry ? outer(name) : entry.slice(name.length + 1))
  }

  function keep(name: string, at: Place, value: string | undefined): void {
    if (value === undefined) return
    variables.set(name, value)
    places.set(name, at)
  }
}
