import { errorFacts, SetpointError } from '../schemas/error.ts'
import { formatProblem } from '../schemas/problem.ts'
import type { SourceTree } from '../schemas/source.ts'
import type { SourceStatus } from '../schemas/status.ts'
import type { Loaded, LoadedStack } from './desired/load.ts'
import type { Poller } from './git/poller.ts'
import type { Source } from './git/source.ts'
import type { SourceOptions } from './options.ts'
import type { Candidate } from './rollout/accept.ts'

/** What the sources say, as last read. */
export interface Sources {
  candidate(stack: string): Candidate | undefined
  /** The names of all stacks that the newest commits have. */
  stacks(): string[]
  problems(stack: string): string[]
  status(): SourceStatus[]
  /** Looks at every source now; resolves when each look has ended, well or not. */
  look(): Promise<void>
  close(): Promise<void>
}

interface Options {
  sources: { source: Source; options: SourceOptions }[]
  load: (tree: SourceTree, options: { variables: Record<string, string>; directory: string }) => Loaded
  poll: (
    source: Source,
    options: SourceOptions,
    on: { onTree: (tree: SourceTree) => void; onLook: () => void; onError: (error: unknown) => void },
  ) => Poller
  /** The stacks that a source is known to have had, from the records. */
  recorded: (source: string) => string[]
  onStacks: (stacks: string[]) => void
  onStatus: (status: SourceStatus) => void
}

/** Follows all sources and keeps what each newest commit says of each stack; what cannot be read changes nothing. */
export function followSources(options: Options): Sources {
  const entries = options.sources.map((entry) => follow(entry, options))
  const owner = (stack: string) => entries.find((entry) => entry.stacks.has(stack))
  return {
    candidate: (stack) => owner(stack)?.stacks.get(stack)?.candidate,
    stacks: () => [...new Set(entries.flatMap((entry) => entry.declared()))],
    problems: (stack) => entries.flatMap((entry) => entry.stacks.get(stack)?.problems ?? []),
    status: () => entries.map((entry) => entry.status),
    look: async () => void (await Promise.all(entries.map((entry) => entry.poller.wake()))),
    close: async () => void (await Promise.all(entries.map((entry) => entry.poller.close()))),
  }
}
