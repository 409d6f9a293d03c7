import type { SourceStatus } from '../../schemas/status.ts'
import type { Candidate } from '../rollout/accept.ts'
import type { Records } from '../state/records.ts'
import { type DeclaredStack, presentIn, recordedStacks } from './declared-stacks.ts'
import { type FollowOptions, followSource, type SourceEntry } from './follow-source.ts'

/** What the sources say, as last read. */
export interface Sources {
  candidate(stack: string): Candidate | undefined
  /** The names of all stacks that the newest commits have. */
  stacks(): string[]
  /** What is wrong with a stack's newest commit, formatted. */
  problems(stack: string): string[]
  status(): SourceStatus[]
  /** Looks at every source now; resolves when each look has ended, well or not. */
  look(): Promise<void>
  /** Reads what each source said last once more, since something beside the sources has changed. */
  reload(): Promise<void>
  close(): Promise<void>
}

export interface SourcesOptions extends FollowOptions {
  sources: SourceEntry[]
}

/** Follows all sources. What cannot be fetched, read or validated changes nothing (law 1). */
export function followSources(options: SourcesOptions): Sources {
  const followed = options.sources.map((entry) => followSource(entry, options))
  const declared = (stack: string) => followed.flatMap(({ stacks }) => stacks.get(stack) ?? [])
  return {
    candidate: (stack) => ownerOf(stack, declared(stack), options.records)?.candidate,
    stacks: () => [...new Set(followed.flatMap(({ stacks }) => presentIn(stacks)))],
    problems: (stack) => [
      ...declared(stack).flatMap(({ problems, candidate: { spec } }) => [
        ...problems,
        ...(typeof spec === 'string' ? [] : options.pinner.notices(spec)),
      ]),
      ...clash(stack, declared(stack)),
    ],
    status: () => followed.map(({ status }) => ({ ...status })),
    look: async () => void (await Promise.all(followed.map(({ poller }) => poller.wake()))),
    reload: async () => void (await Promise.all(followed.map(({ reload }) => reload()))),
    close: async () => {
      for (const { images } of followed) images.close()
      await Promise.all(followed.map(({ poller }) => poller.stop()))
    },
  }
}

/**
 * Of several sources that declare a stack, the one that had it first keeps it. One that has it goes before one that
 * has dropped it: a stack that moves from one to the other is handed over.
 */
function ownerOf(
  stack: string,
  declared: DeclaredStack[],
  records: Pick<Records, 'list'>,
): DeclaredStack | undefined {
  const present = declared.filter(({ candidate }) => candidate.spec !== 'removed')
  const choices = present.length > 0 ? present : declared
  return (
    choices.find(({ candidate }) => recordedStacks(records, candidate.source).includes(stack)) ?? choices[0]
  )
}

function clash(stack: string, declared: DeclaredStack[]): string[] {
  const sources = declared
    .filter(({ candidate }) => candidate.spec !== 'removed')
    .map(({ candidate }) => candidate.source)
  if (sources.length < 2) return []
  return [
    `Stack ${stack} is declared by ${sources.join(' and ')}: the one that had it first keeps it; rename the other.`,
  ]
}
