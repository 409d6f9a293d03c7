import { join } from 'node:path'
import { SetpointError } from '../../../schemas/error.ts'
import type { Log } from '../../../schemas/log.ts'
import type { SourceTree } from '../../../schemas/source.ts'
import { commitFetcher } from '../cache/commit-fetcher.ts'
import type { ObjectCache } from '../cache/object-cache.ts'
import { treeReader } from '../cache/tree-reader.ts'
import { sourceError } from '../call/git-error.ts'
import { findCredentials } from '../location/credentials.ts'
import type { Location } from '../location/source-location.ts'
import { lastOfBurst } from '../watch/last-of-burst.ts'
import { sharedRun } from '../watch/shared-run.ts'
import { findLocalRepository } from './local-repository.ts'
import { askHead, type RemoteHead } from './remote-head.ts'

/** Milliseconds. */
const KEEP_DELAY = 1_000

export interface RepositoryOptions {
  location: Location
  /** Absent: the branch that HEAD names. */
  branch: string | undefined
  credentialsFile: string | undefined
  /** A gitconfig to use instead of the user's; for a repository on this machine. */
  globalConfig: string | undefined
  /** The folder that all caches are in. */
  cache: string
  objects: ObjectCache
  log: Log
}

/** One branch of one repository, however many sources come from it. Functions throw as those of Source. */
export interface Repository {
  readonly location: Location
  /** The branch asked for, or the one that HEAD named when last looked at; empty before that. */
  branch(): string
  latest(): Promise<string>
  read(revision: string, directory: string): Promise<SourceTree>
  close(): Promise<void>
}

export function openRepository(options: RepositoryOptions): Repository {
  const { location, objects, log } = options
  let head: RemoteHead | undefined
  let secrets: string[] = []

  const latest = sharedRun(async () => {
    head = await ask().catch(fail)
    return head.revision
  })
  const branch = () => options.branch ?? head?.branch ?? ''
  const fetch = commitFetcher({ display: location.display, objects, branch, translated })
  const readTree = treeReader({
    display: location.display,
    objects,
    alternates: () => localObjects(location),
    fetch,
    async refetch(revision) {
      log.warn({ url: location.display }, 'Cache of a source is damaged and made anew')
      await objects.remake(revision)
      await fetch(revision)
    },
  })
  // Later, since at the moment of a commit the machine has the rollout to do.
  const keeping = lastOfBurst(KEEP_DELAY, keep)

  async function ask(): Promise<RemoteHead> {
    const { globalConfig, cache, credentialsFile } = options
    const credentials = await findCredentials(location, credentialsFile)
    if (/^https?:/i.test(location.argument)) secrets = Object.values(credentials)
    return askHead({ location, branch: options.branch, credentials, globalConfig, cwd: cache })
  }

  /** Copies a revision that was read in place into the cache, where neither gc nor a force-push takes it away. */
  async function keep(revision: string): Promise<void> {
    try {
      if (!(await objects.has(revision))) await fetch(revision)
    } catch (error) {
      const { message } = translated(error)
      log.warn({ url: location.display, revision, problem: message }, 'Revision of a source is not kept')
    }
  }

  function translated(error: unknown): SetpointError {
    return sourceError(error, { display: location.display, secrets })
  }

  function fail(error: unknown): never {
    throw translated(error)
  }

  return {
    location,
    branch,
    latest,
    async read(revision, directory) {
      checkRevision(revision, location)
      const tree = await readTree(revision, directory).catch(fail)
      if (location.path !== null) keeping.ask(revision)
      return tree
    },
    async close() {
      await keeping.settle()
      await objects.idle()
    },
  }
}

/** A repository on this machine is read where it is: that saves the fetch, most of the time to a tree. */
function localObjects(location: Location): string[] {
  const found = location.path === null ? null : findLocalRepository(location.path)
  return found ? [join(found.commonDirectory, 'objects')] : []
}

function checkRevision(revision: string, location: Location): void {
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(revision)) return
  throw new SetpointError(
    'SOURCE_INVALID',
    `${JSON.stringify(revision)} is no revision of ${location.display}.`,
    {
      hint: 'Give the full id of a commit.',
    },
  )
}
