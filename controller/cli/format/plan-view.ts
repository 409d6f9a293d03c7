import { shortRevision } from '../../../schemas/revision.ts'
import type { PlanDocument } from '../../../schemas/status.ts'
import { type Paint, visible } from './paint.ts'
import { count } from './words.ts'

/** What would change and why, field by field. */
export function planView({ stacks }: PlanDocument, paint: Paint): string[] {
  const concerned = stacks.filter(({ changes, problems }) => changes.length > 0 || problems.length > 0)
  const changes = changeCount({ stacks })
  const summary =
    changes === 0
      ? `Nothing to change in ${count(stacks.length, 'stack')}.`
      : `${count(changes, 'change')} in ${count(stacks.filter((stack) => stack.changes.length > 0).length, 'stack')}.`
  return [...concerned.flatMap((stack) => [...stackPlan(stack, paint), '']), summary]
}

/** How many changes a plan has. */
export function changeCount({ stacks }: PlanDocument): number {
  return stacks.reduce((total, { changes }) => total + changes.length, 0)
}

function stackPlan(
  { name, revision, changes, problems }: PlanDocument['stacks'][number],
  paint: Paint,
): string[] {
  const at = revision ? ` at ${shortRevision(revision)}` : ''
  return [
    `${paint(name, 'bold')}${at}`,
    ...problems.map((problem) => `  ${paint(visible(problem), 'bad')}`),
    ...changes.flatMap(({ summary, fields }) => [
      `  ${visible(summary)}`,
      ...fields.map(({ path, from, to }) => paint(`      ${path}: ${visible(from)} → ${visible(to)}`, 'dim')),
    ]),
  ]
}
