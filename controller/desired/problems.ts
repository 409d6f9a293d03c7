import { isError, type Problem } from '../../schemas/problem.ts'
import { compare } from './order.ts'
import type { Place } from './yaml/node.ts'

/** The most problems that are told of one file. */
export const MAX_PROBLEMS = 100

/** An error at a place. */
export function errorAt(at: Place, path: string, message: string): Problem {
  const { file, line, column } = at
  return {
    file: shown(file),
    line,
    column,
    path: shown(path, 300),
    message: shown(message),
    severity: 'error',
  }
}

/** One line of text for a terminal: what a file says must not move its cursor. */
export function shown(text: string, length = 500): string {
  const escaped = clamp(text, length).replace(/\p{Cc}/gu, (char) =>
    char === '\n' ? '\\n' : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  return clamp(escaped, length)
}

function clamp(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 3)}...` : text
}

/** Something worth telling that keeps nobody from deploying. */
export function noticeAt(at: Place, path: string, message: string): Problem {
  return { ...errorAt(at, path, message), severity: 'notice' }
}

/** An error about a file as a whole. */
export function errorIn(file: string, message: string): Problem {
  return errorAt({ file, line: 0, column: 0 }, '', message)
}

/** What is collected of one file before it is told; a file that is wrong all over needs no more. */
const MAX_COLLECTED = 2000

/** Adds a problem. Of very many the rest is dropped, but never the first error. */
export function note(problems: Problem[], problem: Problem): void {
  const isFull = problems.length >= MAX_COLLECTED
  const last = problems.at(-1)
  const isFirstError = isError(problem) && !(last && isError(last))
  if (!isFull || isFirstError) problems.push(problem)
}

/** Adds problems that were found elsewhere, one by one: thousands of them are too many arguments of a call. */
export function noteAll(problems: Problem[], found: Iterable<Problem>): void {
  for (const problem of found) note(problems, problem)
}

export function hasErrors(problems: Problem[]): boolean {
  return problems.some(isError)
}

/** Problems without repetition, by file and place, and capped with a last one that says how many were left out. */
export function tidy(problems: Problem[]): Problem[] {
  const groups = Map.groupBy(problems.toSorted(byPlace), key)
  const sorted = [...groups.values()].map(toldOnce)
  if (sorted.length <= MAX_PROBLEMS) return sorted
  const errorsFirst = sorted.sort((a, b) => rank(a) - rank(b) || byPlace(a, b))
  const kept = errorsFirst.slice(0, MAX_PROBLEMS)
  const left = sorted.length - MAX_PROBLEMS
  return [...kept, { ...errorIn(kept[0]?.file ?? '', `${left} more problems`), severity: 'notice' }]
}

/** What an alias uses elsewhere too is wrong in one place. A problem without a place has only its path. */
function key({ file, line, column, path, message, severity }: Problem): string {
  return JSON.stringify([file, line, column, line > 0 ? '' : path, message, severity])
}

function toldOnce(group: Problem[]): Problem {
  const [first] = group as [Problem]
  const more = new Set(group.map(({ path }) => path)).size - 1
  if (more === 0) return first
  const others = more === 1 ? 'at 1 more place that uses it' : `at ${more} more places that use it`
  return { ...first, message: `${shown(first.message, 450)} (and ${others})` }
}

function byPlace(a: Problem, b: Problem): number {
  return compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.path, b.path)
}

function rank(problem: Problem): number {
  return isError(problem) ? 0 : 1
}
