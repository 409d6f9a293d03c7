import type { Command } from 'commander'
import type { Problem } from '../../schemas/problem.ts'
import { type Cli, type Output, outputOption } from './arguments.ts'
import type { Context } from './context.ts'
import { EXIT, reportError } from './exit.ts'
import { painter } from './format/paint.ts'
import { problemLine } from './format/problem-line.ts'
import { count } from './format/words.ts'
import { type LoadedPath, loadPath } from './loading.ts'
import { variablesOption } from './variables-files.ts'

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
    .addHelpText(
      'after',
      `
Each problem is one line: file:line:column path: message. A notice does not make a stack invalid.

Exit code: 0 no errors · 1 errors

Examples:
  setpoint validate .
  setpoint validate shop/compose.yaml`,
    )
    .action(async (paths: string[], options: ValidateOptions) =>
      finish(await validate(context, paths, options)),
    )
}

export interface ValidateOptions {
  output: Output
  variables?: string[]
}

export async function validate(
  context: Context,
  paths: string[],
  { output, variables }: ValidateOptions,
): Promise<number> {
  const loaded: LoadedPath[] = []
  let unreadable = false
  for (const path of paths) {
    try {
      loaded.push(await loadPath(path, variables))
    } catch (error) {
      reportError(error, context)
      unreadable = true
    }
  }
  const stacks = loaded.flatMap((one) => one.stacks)
  const problems = unique(loaded.flatMap((one) => one.problems))
  if (output === 'json') {
    const facts = stacks.map(({ name, file, spec }) => ({ name, file, valid: spec !== null }))
    context.out(JSON.stringify({ stacks: facts, problems }, null, 2))
  } else {
    const paint = painter(context.colour)
    for (const problem of problems) context.out(problemLine(problem, paint))
    if (loaded.length > 0) context.out(summary(stacks.length, problems))
  }
  return unreadable || problems.some(isError) ? EXIT.no : EXIT.yes
}

function summary(stacks: number, problems: Problem[]): string {
  const errors = problems.filter(isError).length
  const notices = problems.length - errors
  return [
    `${count(stacks, 'stack')}: ${errors === 0 ? 'valid' : count(errors, 'error')}`,
    ...(notices === 0 ? [] : [count(notices, 'notice')]),
  ].join(', ')
}

/** Paths may overlap. */
function unique(problems: Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
}

function isError({ severity }: Problem): boolean {
  return severity === 'error'
}
