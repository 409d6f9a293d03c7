import type { Command } from 'commander'
import { formatProblem, isError } from '../../schemas/problem.ts'
import type { StackSpec } from '../../schemas/stack.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit.ts'
import { painter, visible } from './format/paint.ts'
import { changeCount, planView } from './format/plan-view.ts'
import { loadSources } from './loading.ts'
import { type Cli, type Output, outputOption, sourceOption } from './options/arguments.ts'
import { variablesOption } from './options/variables-files.ts'
import { printDocument } from './print.ts'

/** Adds `setpoint plan` to the command line. */
export function registerPlan(program: Command, { context, finish }: Cli): void {
  const command = program
    .command('plan')
    .summary('what would change, and why')
    .description(
      'Shows what the newest commit still has to change, or what the stacks of a source would change.',
    )
    .addOption(sourceOption())
    .addOption(variablesOption())
  outputOption(command)
    .addHelpText(
      'after',
      `
A source that is a Git repository is taken at the head of its branch: commit first, on a branch of its own.

Exit code: 0 nothing would change · 1 something would · 2 error

Examples:
  setpoint plan
  setpoint plan --source .#new-version          before it is merged`,
    )
    .action(async (options: PlanOptions) => finish(await plan(context, options)))
}

export interface PlanOptions {
  source: string[]
  variables?: string[]
  output: Output
}

export async function plan(context: Context, { source, variables, output }: PlanOptions): Promise<number> {
  const candidates = source.length === 0 ? undefined : await candidatesOf(context, source, variables)
  const document = await context.client().plan(candidates?.specs)
  printDocument(context, document, { output, lines: () => planView(document, painter(context.colour)) })
  if (candidates?.invalid) return EXIT.error
  return changeCount(document) === 0 ? EXIT.yes : EXIT.no
}

/** The valid stacks of the sources; what is wrong with others is told on stderr. */
async function candidatesOf(
  context: Context,
  sources: string[],
  variables: string[] | undefined,
): Promise<{ specs: StackSpec[]; invalid: boolean }> {
  const loaded = await loadSources(sources, variables)
  const problems = loaded
    .flatMap(({ stacks, problems }) => [...problems, ...stacks.flatMap((stack) => stack.problems)])
    .filter(isError)
  for (const problem of problems) context.err(visible(formatProblem(problem)))
  const specs = loaded.flatMap(({ stacks }) => stacks.map(({ spec }) => spec)).filter((spec) => spec !== null)
  return { specs, invalid: problems.length > 0 }
}
