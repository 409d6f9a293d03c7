import type { Command } from 'commander'
import { messageOf } from '../../schemas/error.ts'
import { isError, type Problem } from '../../schemas/problem.ts'
import type { LoadedStack } from '../desired/load.ts'
import { errorIn } from '../desired/problems.ts'
import type { Context } from './context.ts'
import { EXIT, reportError } from './exit.ts'
import { painter } from './format/paint.ts'
import { problemLine } from './format/problem-line.ts'
import { type LoadedPath, loadPath } from './loading.ts'
import { type Cli, type Output, outputOption } from './options/arguments.ts'
import { variablesOption } from './options/variables-files.ts'

/** Adds `setpoint validate` to the command line. */
export function registerValidate(program: Command, { context, finish }: Cli): void {
  const command = program
    .command('validate')
    .summary('check stack files before they are committed')
    .description(
      'Checks stacks and image specs as they lie on disk, offline, and prints every problem with its place.',
    )
    .argument('<path...>', 'folders or files')
    .addOption(variablesOption())
  outputOption(command)
    .addHelpText('after', HELP)
    .action(async (paths: string[], options: ValidateOptions) =>
      finish(await validate(context, paths, options)),
    )
}

const HELP = `
Each problem is one line: file:line:column path: message. Indented below it is how a value that is written elsewhere
came to be used. A notice does not make a stack invalid; it tells of keys that are accepted without effect.

With --output json each stack has its services with their fingerprints: a service moves when its fingerprint changes.

Exit code: 0 no errors · 1 errors, or a path that is not there or declares nothing · 2 wrong usage

Examples:
  setpoint validate .
  setpoint validate shop/compose.yaml
  setpoint validate --output json . > problems.json`

interface ValidateOptions {
  output: Output
  variables?: string[]
}

/** Checks what the paths declare and prints every problem; gives the exit code. */
export async function validate(
  context: Context,
  paths: string[],
  { output, variables }: ValidateOptions,
): Promise<number> {
  const loaded: LoadedPath[] = []
  const unread: Problem[] = []
  for (const path of paths) {
    try {
      loaded.push(await loadPath(path, variables))
    } catch (error) {
      reportError(error, context)
      unread.push(errorIn(path, messageOf(error)))
    }
  }
  const stacks = unique(loaded.flatMap((one) => one.stacks))
  const problems = unique(loaded.flatMap((one) => one.problems))
  if (output === 'json') {
    context.out(JSON.stringify({ stacks: stacks.map(facts), problems: [...problems, ...unread] }, null, 2))
  } else {
    const paint = painter(context.colour)
    for (const problem of problems) context.out(problemLine(problem, paint))
    const images = unique(loaded.flatMap((one) => one.images)).length
    const checked = { stacks: stacks.length, images, unread: unread.length }
    if (loaded.length > 0) context.out(summary(checked, problems))
  }
  return unread.length > 0 || problems.some(isError) ? EXIT.no : EXIT.yes
}

/** What is told of a stack beside its problems: of a valid one, what makes its services move when it changes. */
function facts({ name, file, spec }: LoadedStack) {
  const services = (spec?.services ?? []).map(({ name, fingerprint }) => ({ name, fingerprint }))
  return { name, file, valid: spec !== null, services }
}

interface Checked {
  stacks: number
  images: number
  /** Paths of which nothing could be checked. */
  unread: number
}

function summary({ stacks, images, unread }: Checked, problems: Problem[]): string {
  const errors = problems.filter(isError).length
  const wrong = [...some(errors, 'error'), ...some(unread, 'path not checked', 'paths not checked')]
  const verdict = [...(wrong.length === 0 ? ['valid'] : wrong), ...some(problems.length - errors, 'notice')]
  return `${[...some(stacks, 'stack'), ...some(images, 'image spec')].join(', ')}: ${verdict.join(', ')}`
}

function some(number: number, noun: string, plural = `${noun}s`): string[] {
  return number === 0 ? [] : [`${number} ${number === 1 ? noun : plural}`]
}

/** Paths may overlap. */
function unique<T>(items: T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()]
}
