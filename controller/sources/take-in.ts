import { messageOf, SetpointError } from '../../schemas/error.ts'
import { formatProblem, isError, type Problem } from '../../schemas/problem.ts'
import { shortRevision } from '../../schemas/revision.ts'
import type { StackSpec } from '../../schemas/stack.ts'
import type { Loaded, LoadedStack } from '../desired/load.ts'
import { errorIn } from '../desired/problems.ts'
import type { Pinner } from '../registry/pinner.ts'
import type { Candidate } from '../rollout/accept.ts'
import type { DeclaredStack, TakenIn } from './declared-stacks.ts'

/**
 * A stack that the commit does not have. While the name of some stack is only guessed, since its file cannot be read
 * that far, this may be the one: then it is not removed (law 1).
 */
export function absentStack(source: string, { revision, stacks }: Loaded): DeclaredStack {
  const spec = stacks.some((stack) => stack.guessed) ? 'invalid' : 'removed'
  return { candidate: { source, revision, spec }, problems: [] }
}

interface TakingIn {
  source: string
  revision: string
  pinner: Pick<Pinner, 'pin'>
  /** Keeps what a stack mounts; undefined when there is nothing to do. */
  keep: (stack: LoadedStack) => Promise<void> | undefined
}

/** Takes a valid stack in: what it mounts is kept first, then its images are pinned. */
export function takeIn(stack: LoadedStack, { source, revision, pinner, keep }: TakingIn): TakenIn {
  const { name, spec: declared } = stack
  const entry = (spec: Candidate['spec'], more: Problem[] = []) => ({
    candidate: { source, revision, spec },
    problems: [...stack.problems, ...more].map(formatProblem),
  })
  if (declared === null) return { stack: name, entry: entry('invalid') }
  const pin = () => pinner.pin(declared, revision)
  const withSpec = (spec: StackSpec) => ({ ...entry(spec), declared })
  const keeping = keep(stack)
  const pinned = keeping ? keeping.then(pin) : pin()
  if (!(pinned instanceof Promise)) return { stack: name, entry: withSpec(pinned) }
  const notKept = (error: unknown) => entry('invalid', [unkept(stack, error)])
  return { stack: name, late: keeping ? pinned.then(withSpec, notKept) : pinned.then(withSpec) }
}

/** A stack whose content cannot be kept could not be delivered, and later not be gone back to. */
function unkept({ file }: LoadedStack, error: unknown): Problem {
  return errorIn(file, `what it mounts cannot be kept by the controller: ${messageOf(error)}`)
}

/**
 * A tree in which nothing could be told apart says nothing about which stacks there are.
 * @throws SetpointError STACK_INVALID
 */
export function refuseUnreadable({ stacks, problems }: Loaded): void {
  const errors = problems.filter(isError)
  if (stacks.length === 0 && errors.length > 0)
    throw new SetpointError('STACK_INVALID', errors.map(formatProblem).join('\n'))
}

/**
 * A commit that takes every stack away is more often a mistake than a wish.
 * @param known the stacks that the source has had so far
 * @throws SetpointError SOURCE_EMPTIED
 */
export function refuseEmptied({ stacks, revision }: Loaded, known: string[]): void {
  if (stacks.length > 0 || known.length === 0) return
  const stay = known.length === 1 ? 'stays as it is' : 'stay as they are'
  const message = `Commit ${shortRevision(revision)} has no stack any more; ${known.join(', ')} ${stay}.`
  const hint = 'If that is meant, start Setpoint with --allow-empty; otherwise commit the stacks again.'
  throw new SetpointError('SOURCE_EMPTIED', message, { hint })
}
