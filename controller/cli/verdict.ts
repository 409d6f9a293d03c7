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

/** True when every stack is Ready. A source that was never read could hold stacks that nobody knows of yet. */
export function allReady({ stacks, sources }: StatusDocument, stack?: string): boolean {
  const concerned = stack === undefined ? sources : sourcesOf(stacks, sources)
  return stacks.every(isReady) && concerned.every(({ revision }) => revision !== null)
}

/** True when the status says that waiting longer will not help. */
export function anyStalled({ stacks }: StatusDocument): boolean {
  return stacks.some((stack) => isTrue(stack, 'Stalled'))
}

function sourcesOf(stacks: StackStatus[], sources: SourceStatus[]): SourceStatus[] {
  return sources.filter(({ name }) => stacks.some(({ source }) => source === name))
}
