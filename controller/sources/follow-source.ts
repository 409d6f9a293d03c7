import { errorFacts } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import type { SourceTree } from '../../schemas/source.ts'
import type { SourceStatus } from '../../schemas/status.ts'
import type { Load, Loaded, LoadedStack } from '../desired/load.ts'
import type { SecretInputs } from '../desired/spec/contents/secrets.ts'
import { rootStackName } from '../git/names.ts'
import type { Poller, poll } from '../git/poller.ts'
import type { Source } from '../git/source.ts'
import type { SourceOptions } from '../options.ts'
import type { Pinner } from '../registry/pinner.ts'
import type { Records } from '../state/records.ts'
import { type DeclaredStack, type ImageWatch, watchImages } from './image-watch.ts'
import { absentStack, refuseEmptied, refuseUnreadable, type TakenIn, takeIn } from './take-in.ts'

export interface FollowOptions {
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

/** One source, as last read. */
export interface Followed {
  stacks: ReadonlyMap<string, DeclaredStack>
  status: SourceStatus
  poller: Poller
  images: ImageWatch
  /** Reads what it said last once more. */
  reload(): Promise<void>
}

/** A source, and how it is to be followed. */
export interface SourceEntry {
  source: Source
  options: SourceOptions
}

/** Follows a source: whatever cannot be fetched, read or validated changes nothing of what it last said (law 1). */
export function followSource({ source, options }: SourceEntry, context: FollowOptions): Followed {
  const { records, pinner, contents, onStacks, onStatus, log, now } = context
  const { name, url } = source
  const load = context.createLoader()
  const stacks = new Map<string, DeclaredStack>()
  const images = watchImages({ stacks, pinner, onStack: arrive, now })
  const status: SourceStatus = { name, url, branch: source.branch, revision: null, polled: null, error: null }
  let last: SourceTree | undefined
  let takes = 0

  function take(tree: SourceTree): void | Promise<void> {
    const loaded = load(tree, inputs())
    refuseUnreadable(loaded)
    const known = [...recordedStacks(records, name), ...presentIn(stacks)]
    if (!options.allowEmpty) refuseEmptied(loaded, [...new Set(known)])
    const taken = loaded.stacks.map((stack) =>
      takeIn(stack, { source: name, revision: tree.revision, pinner, keep: contents.keep }),
    )
    replaceStacks(loaded, taken)
    status.revision = tree.revision
    last = tree
    onStacks([...stacks.keys()])
    images.look()
    return whenLateArrive(taken)
  }

  function inputs() {
    return {
      directory: '',
      rootName: rootStackName(options),
      variables: options.variables ?? {},
      externals: contents.externals(),
      secrets: contents.secrets(),
    }
  }

  /** What is late goes on as it was meanwhile; what the commit does not have any more is said to be gone. */
  function replaceStacks(loaded: Loaded, taken: TakenIn[]): void {
    const known = [...recordedStacks(records, name), ...stacks.keys()]
    const next = new Map<string, DeclaredStack | undefined>([
      ...known.map((stack) => [stack, absentStack(name, loaded)] as const),
      ...taken.map((one) => [one.stack, 'entry' in one ? one.entry : stacks.get(one.stack)] as const),
    ])
    stacks.clear()
    for (const [stack, entry] of next) if (entry) stacks.set(stack, entry)
  }

  /** No stack waits for another one that is late. What comes after the next take is too late: that one counts. */
  function whenLateArrive(taken: TakenIn[]): void | Promise<void> {
    const mine = ++takes
    const late = taken.flatMap((one) =>
      'late' in one ? [one.late.then((entry) => mine === takes && arrive(one.stack, entry))] : [],
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
      'A source could not be read; what it last said stays in force',
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

/** The names of the stacks that the newest commit has. */
export function presentIn(stacks: ReadonlyMap<string, DeclaredStack>): string[] {
  return [...stacks].filter(([, { candidate }]) => candidate.spec !== 'removed').map(([name]) => name)
}

/** The names of the stacks that were accepted from a source. */
export function recordedStacks(records: Pick<Records, 'list'>, source: string): string[] {
  return records
    .list()
    .filter((record) => record.source === source && record.accepted !== null)
    .map(({ name }) => name)
}
