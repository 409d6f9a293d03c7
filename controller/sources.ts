import { errorFacts, messageOf, SetpointError } from '../schemas/error.ts'
import type { Log } from '../schemas/log.ts'
import { formatProblem, isError, type Problem } from '../schemas/problem.ts'
import { shortRevision } from '../schemas/revision.ts'
import type { SourceTree } from '../schemas/source.ts'
import type { StackSpec } from '../schemas/stack.ts'
import type { SourceStatus } from '../schemas/status.ts'
import type { Load, Loaded, LoadedStack } from './desired/load.ts'
import { errorIn } from './desired/report.ts'
import type { SecretInputs } from './desired/spec/content-secrets.ts'
import { rootStackName } from './git/names.ts'
import type { Poller, poll } from './git/poller.ts'
import type { Source } from './git/source.ts'
import { type DeclaredStack, type ImageWatch, watchImages } from './image-watch.ts'
import type { SourceOptions } from './options.ts'
import type { Pinner } from './registry/pinner.ts'
import type { Candidate } from './rollout/accept.ts'
import type { Records } from './state/records.ts'

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

export interface SourcesOptions {
  sources: { source: Source; options: SourceOptions }[]
  createLoader: () => Load
  poll: typeof poll
  records: Pick<Records, 'list'>
  pinner: Pinner
  contents: SourceContents
  /** Called with the stacks that a new revision may concern. */
  onStacks: (stacks: string[]) => void
  /** Called when the state of a source may have changed. */
  onStatus: () => void
  log: Log
  now: () => Date
}

/** What stacks mount, on the disk of the controller. */
export interface SourceContents {
  /** The external configs by name, as they were seen last. */
  externals(): ReadonlyMap<string, Buffer>
  /** Looks at the external configs again. Resolves with whether one has changed. */
  look(): Promise<boolean>
  /** What is known of secrets. */
  secrets(): SecretInputs
  /**
   * Keeps what a stack mounts, so that it can be delivered as long as the stack may be asked for.
   * @returns undefined when there is nothing to do, as mostly
   */
  keep(stack: LoadedStack): Promise<void> | undefined
}

interface Followed {
  stacks: Map<string, DeclaredStack>
  status: SourceStatus
  poller: Poller
  images: ImageWatch
  reload(): Promise<void>
}

/** Follows all sources. What cannot be fetched, read or validated changes nothing (law 1). */
export function followSources(options: SourcesOptions): Sources {
  const followed = options.sources.map((entry) => follow(entry, options))
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

function follow({ source, options }: SourcesOptions['sources'][number], context: SourcesOptions): Followed {
  const { records, pinner, contents, onStacks, onStatus, log, now } = context
  const { name, url } = source
  const load = context.createLoader()
  const stacks = new Map<string, DeclaredStack>()
  const images = watchImages({ stacks, pinner, onStack: arrive, now })
  const status: SourceStatus = { name, url, branch: source.branch, revision: null, polled: null, error: null }

  let last: SourceTree | undefined
  let takes = 0

  /** What waits for a registry, or the disk, goes on as it was meanwhile; the other stacks of the commit do not wait for it. */
  function take(tree: SourceTree): void | Promise<void> {
    const loaded = load(tree, {
      directory: '',
      rootName: rootStackName(options),
      variables: options.variables ?? {},
      externals: contents.externals(),
      secrets: contents.secrets(),
    })
    const known = recordedStacks(records, name)
    refuseUnreadable(loaded)
    if (!options.allowEmpty) refuseEmptied(loaded, [...new Set([...known, ...presentIn(stacks)])])
    const absent = [...known, ...stacks.keys()].map((stack) => [stack, absentStack(name, loaded)] as const)
    const present = loaded.stacks.map((stack) => takeIn(stack, { source: name, tree, pinner, contents }))
    const ready = present.map(
      (one) => [one.stack, 'entry' in one ? one.entry : stacks.get(one.stack)] as const,
    )
    const next = new Map([...absent, ...ready])
    stacks.clear()
    for (const [stack, entry] of next) if (entry) stacks.set(stack, entry)
    status.revision = tree.revision
    last = tree
    const taken = ++takes
    onStacks([...stacks.keys()])
    images.look()
    const late = present.flatMap((one) =>
      'late' in one ? [one.late.then((entry) => taken === takes && arrive(one.stack, entry))] : [],
    )
    if (late.length > 0) return Promise.all(late).then(() => images.look())
  }

  async function reload(): Promise<void> {
    if (last) await take(last)
  }

  /** What an operator has changed beside the sources counts from the next look on. */
  async function lookBeside(): Promise<void> {
    if (await contents.look()) await reload()
  }

  function fail(error: unknown): void {
    status.error = errorFacts(error, 'SOURCE_INVALID')
    log.warn(
      { source: name, error: status.error },
      'a source could not be read; what it last said stays in force',
    )
    onStatus()
  }

  function arrive(stack: string, entry: DeclaredStack): void {
    stacks.set(stack, entry)
    onStacks([stack])
  }

  const poller = context.poll(source, options, {
    onTree: take,
    onSeen: () => {
      Object.assign(status, { branch: source.branch, polled: now().toISOString(), error: null })
      onStatus()
      lookBeside().catch(fail)
    },
    onError: fail,
  })
  return { stacks, status, poller, images, reload }
}

/**
 * A stack that the commit does not have. While the name of some stack is only guessed, since its file cannot be read
 * that far, this may be the one: then it is not removed (law 1).
 */
function absentStack(source: string, { revision, stacks }: Loaded): DeclaredStack {
  const spec = stacks.some((stack) => stack.guessed) ? 'invalid' : 'removed'
  return { candidate: { source, revision, spec }, problems: [] }
}

/** A stack of a commit; its entry comes `late` when a registry must be asked first, or something written. */
type TakenIn = { stack: string; entry: DeclaredStack } | { stack: string; late: Promise<DeclaredStack> }

interface TakingIn {
  source: string
  tree: SourceTree
  pinner: Pinner
  contents: SourceContents
}

function takeIn(stack: LoadedStack, { source, tree: { revision }, pinner, contents }: TakingIn): TakenIn {
  const { name, spec: declared } = stack
  const entry = (spec: Candidate['spec'], more: Problem[] = []) => ({
    candidate: { source, revision, spec },
    problems: [...stack.problems, ...more].map(formatProblem),
  })
  if (declared === null) return { stack: name, entry: entry('invalid') }
  const pin = () => pinner.pin(declared, revision)
  const withSpec = (spec: StackSpec) => ({ ...entry(spec), declared })
  const keeping = contents.keep(stack)
  const pinned = keeping ? keeping.then(pin) : pin()
  if (!(pinned instanceof Promise)) return { stack: name, entry: withSpec(pinned) }
  const notKept = (error: unknown) => entry('invalid', [unkept(stack, error)])
  return { stack: name, late: keeping ? pinned.then(withSpec, notKept) : pinned.then(withSpec) }
}

/** A stack whose content cannot be kept could not be delivered, and later not be gone back to. */
function unkept({ file }: LoadedStack, error: unknown): Problem {
  return errorIn(file, `what it mounts cannot be kept by the controller: ${messageOf(error)}`)
}

function presentIn(stacks: Map<string, DeclaredStack>): string[] {
  return [...stacks].filter(([, { candidate }]) => candidate.spec !== 'removed').map(([name]) => name)
}

function recordedStacks(records: SourcesOptions['records'], source: string): string[] {
  return records
    .list()
    .filter((record) => record.source === source && record.accepted !== null)
    .map(({ name }) => name)
}

/**
 * Of several sources that declare a stack, the one that had it first keeps it. One that has it goes before one that
 * has dropped it: a stack that moves from one to the other is handed over.
 */
function ownerOf(
  stack: string,
  declared: DeclaredStack[],
  records: SourcesOptions['records'],
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

/** A tree in which nothing could be told apart says nothing about which stacks there are. */
function refuseUnreadable({ stacks, problems }: Loaded): void {
  const errors = problems.filter(isError)
  if (stacks.length === 0 && errors.length > 0)
    throw new SetpointError('STACK_INVALID', errors.map(formatProblem).join('\n'))
}

/** A commit that takes every stack away is more often a mistake than a wish. */
function refuseEmptied({ stacks, revision }: Loaded, known: string[]): void {
  if (stacks.length > 0 || known.length === 0) return
  const stay = known.length === 1 ? 'stays as it is' : 'stay as they are'
  const message = `Commit ${shortRevision(revision)} has no stack any more; ${known.join(', ')} ${stay}.`
  const hint = 'If that is meant, start Setpoint with --allow-empty; otherwise commit the stacks again.'
  throw new SetpointError('SOURCE_EMPTIED', message, { hint })
}
