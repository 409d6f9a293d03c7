import { errorFacts } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import type { SourceTree } from '../../schemas/source.ts'
import type { SourceStatus } from '../../schemas/status.ts'
import type { Load, LoadedStack } from '../desired/load.ts'
import type { SecretInputs } from '../desired/spec/contents/secrets.ts'
import { rootStackName } from '../git/names.ts'
import type { Poller, poll } from '../git/poller.ts'
import type { Source } from '../git/source.ts'
import type { SourceOptions } from '../options.ts'
import type { Pinner } from '../registry/pinner.ts'
import type { Records } from '../state/records.ts'
import { createDeclaredStacks, type DeclaredStack, presentIn, recordedStacks } from './declared-stacks.ts'
import { type ImageWatch, watchImages } from './image-watch.ts'
import { absentStack, refuseEmptied, refuseUnreadable, takeIn } from './take-in.ts'

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
  const stacks = createDeclaredStacks()
  const images = watchImages({ stacks: stacks.all, pinner, onStack: arrive, now })
  const status: SourceStatus = { name, url, branch: source.branch, revision: null, polled: null, error: null }
  let last: SourceTree | undefined

  function take(tree: SourceTree): void | Promise<void> {
    const loaded = load(tree, inputs())
    refuseUnreadable(loaded)
    const recorded = recordedStacks(records, name)
    if (!options.allowEmpty) refuseEmptied(loaded, [...new Set([...recorded, ...presentIn(stacks.all)])])
    const taken = loaded.stacks.map((stack) =>
      takeIn(stack, { source: name, revision: tree.revision, pinner, keep: contents.keep }),
    )
    stacks.replace(taken, recorded, absentStack(name, loaded))
    status.revision = tree.revision
    last = tree
    onStacks([...stacks.all.keys()])
    images.look()
    return stacks.whenLate(taken, arrive)?.then(images.look)
  }

  function arrive(stack: string, entry: DeclaredStack): void {
    stacks.put(stack, entry)
    onStacks([stack])
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

  function seen(): void {
    Object.assign(status, { branch: source.branch, polled: now().toISOString(), error: null })
    onStatus()
    lookBeside().catch(fail)
  }

  /** What an operator has changed beside the sources counts from the next look on. */
  async function lookBeside(): Promise<void> {
    if (await contents.look()) await reload()
  }

  async function reload(): Promise<void> {
    if (last) await take(last)
  }

  function fail(error: unknown): void {
    status.error = errorFacts(error, 'SOURCE_INVALID')
    log.warn(
      { source: name, error: status.error },
      'A source could not be read; what it last said stays in force',
    )
    onStatus()
  }

  const poller = context.poll(source, options, { onTree: take, onSeen: seen, onError: fail })
  return { stacks: stacks.all, status, poller, images, reload }
}
