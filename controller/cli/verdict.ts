import { mayPass } from '../../schemas/error.ts'
import type {
  Condition,
  ConditionType,
  SourceStatus,
  StackStatus,
  StatusDocument,
} from '../../schemas/status.ts'

export function conditionOf(stack: StackStatus, type: ConditionType): Condition | undefined {
  return stack.conditions.find((condition) => condition.type === type)
}

export function isTrue(stack: StackStatus, type: ConditionType): boolean {
  return conditionOf(stack, type)?.status === 'True'
}

export function isReady(stack: StackStatus): boolean {
  return isTrue(stack, 'Ready')
}

/**
 * True when every stack is Ready and what it was held against is the newest there is. A source that was never read
 * could hold stacks that nobody knows of yet, and one that cannot be read now could want something else.
 */
export function allReady(document: StatusDocument, stack?: string): boolean {
  const current = concerned(document, stack).every(({ revision, error }) => revision !== null && !error)
  return document.stacks.every(isReady) && current
}

/** True when waiting longer will not help: a stack is Stalled, or only a person can fix what a source has. */
export function isHopeless(document: StatusDocument, stack?: string): boolean {
  const stalled = document.stacks.some((one) => isTrue(one, 'Stalled'))
  return stalled || concerned(document, stack).some(({ error }) => error !== null && !mayPass(error.code))
}

/** All sources, or those of the stack that is asked for. */
function concerned({ stacks, sources }: StatusDocument, stack: string | undefined): SourceStatus[] {
  if (stack === undefined) return sources
  return sources.filter(({ name }) => stacks.some(({ source }) => source === name))
}
