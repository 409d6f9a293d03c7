import { SetpointError } from '../../schemas/error.ts'
import type { Sources } from '../sources/sources.ts'
import type { Records } from '../state/records.ts'

interface Known {
  records: Pick<Records, 'list'>
  sources: Pick<Sources, 'stacks'>
}

/** The names of all stacks that are declared, or were and are not gone yet. */
export function allStacks({ records, sources }: Known): string[] {
  return [...new Set([...records.list().map((record) => record.name), ...sources.stacks()])].sort()
}

/** The name of a stack that there is. @throws SetpointError STACK_NOT_FOUND with those that there are */
export function knownStack(known: Known, stack: string): string {
  const stacks = allStacks(known)
  if (stacks.includes(stack)) return stack
  const hint = stacks.length === 0 ? 'No source has a stack yet.' : `There are: ${stacks.join(', ')}.`
  throw new SetpointError('STACK_NOT_FOUND', `There is no stack ${stack}.`, { hint })
}
