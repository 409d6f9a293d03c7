import { expect, test } from 'vitest'
import { shown } from '../support.ts'
import { deploy, type Given, type Part, resolve } from './run.ts'

/** What must come out, and everything that must be told. */
interface Outcome {
  /** Undefined where the file is refused. */
  part: Part | undefined
  /** Problems as people read them, notices beginning with `notice`; the beginning of one where it ends with `…`. */
  told: string[]
  /** It is for a stack that is deployed from Git, not for `setpoint config`. */
  isStack: boolean
}

/**
 * A behaviour of a Compose loader under its number in the list of those that people know: what comes out of what is
 * given, and nothing told but what the outcome says. A plain object is a part of the model, with nothing told.
 */
export function behaviour(
  number: number,
  sentence: string,
  given: Given | Given['files'],
  outcome: Outcome | Part,
): void {
  test(`${number} ${sentence}`, async () => {
    const { part, told, isStack } = isOutcome(outcome) ? outcome : accepted(outcome)
    const { model, problems } = await (isStack ? deploy : resolve)(isGiven(given) ? given : { files: given })
    expect(problems.map((problem, index) => clipped(shown(problem), told[index]))).toEqual(told)
    expect(pick(model, part, isStack ? 4 : 3)).toEqual(part)
  })
}

/** The file is accepted, and this is told beside it. */
export function accepted(part: Part, ...told: string[]): Outcome {
  return { part, told, isStack: false }
}

/** The file is refused, for these problems. */
export function refused(...told: string[]): Outcome {
  return { part: undefined, told, isStack: false }
}

/** The stack is deployed from Git: its services, networks and volumes stand under their names. */
export function deployed(part: Part, ...told: string[]): Outcome {
  return { part, told, isStack: true }
}

/** The stack is not deployed from Git, for these problems. */
export function notDeployed(...told: string[]): Outcome {
  return { part: undefined, told, isStack: true }
}

/** The part of a model in which the service `a` has these keys. */
export function a(keys: Part): Part {
  return { services: { a: keys } }
}

/** A file whose service `a` has the lines given, from line 4 and column 5 on; then the rest of the file. */
export function aFile(lines: string, rest = ''): string {
  const indented = lines.split('\n').map((line) => `    ${line}`)
  return ['services:', '  a:', '    image: busybox', ...indented, rest].join('\n')
}

function isOutcome(outcome: Outcome | Part): outcome is Outcome {
  return 'isStack' in outcome
}

function isGiven(given: Given | Given['files']): given is Given {
  return typeof given === 'object' && 'files' in given
}

/** A problem, clipped where only its beginning is wanted. */
function clipped(problem: string, wanted = ''): string {
  return wanted.endsWith('…') && problem.startsWith(wanted.slice(0, -1)) ? wanted : problem
}

/** What a model has where a part has something: to a depth key by key, below it whole. */
function pick(model: unknown, part: unknown, depth: number): unknown {
  if (depth === 0 || !isObject(model) || !isObject(part)) return model
  return Object.fromEntries(Object.keys(part).map((key) => [key, pick(model[key], part[key], depth - 1)]))
}

function isObject(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
