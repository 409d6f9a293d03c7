import { formatProblem, isError, type Problem } from '../../../schemas/problem.ts'
import { type Paint, visible } from './paint.ts'

/** A problem as a line for people; below it, indented, the places that it has to do with. */
export function problemLine(problem: Problem, paint: Paint): string {
  const text = visible(formatProblem(problem))
  const line = isError(problem) ? paint(text, 'bad') : `${paint(text, 'warn')} (notice)`
  const places = (problem.related ?? []).map(
    ({ file, line, column, message }) => `  ${visible(`${file}:${line}:${column} ${message}`)}`,
  )
  return [line, ...places].join('\n')
}
