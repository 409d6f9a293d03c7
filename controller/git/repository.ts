import { join } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import type { SourceTree } from '../../schemas/source.ts'
import { findCredentials } from './credentials.ts'
import { GitFailure } from './git.ts'
import { isLocalFault, sourceError } from './git-error.ts'
import { findLocalRepository } from './local-repository.ts'
import type { ObjectCache } from './object-cache.ts'
import { askHead, type RemoteHead } from './remote-head.ts'
import { sharedRun } from './shared-run.ts'
import type { Location } from './source-location.ts'
import { treeReader } from './tree-reader.ts'

/** Milliseconds. */
const PIN_DELAY = 1_000

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
  const fetching = new Map<string, Promise<void>>()
  let head: RemoteHead | undefined
  let secrets: string[] = []
  let pinning: { revision: string; timer: NodeJS.Timeout } | undefined

  const latest = sharedRun(async () => {
    head = await ask().catch(fail)
    return head.revision
  })

  const readTree = treeReader({
    display: location.display,
    objects,
    alternates: () => localObjects(location),
    fetch: fetchOnce,
    async refetch(revision) {
      log.warn({ url: location.display }, 'Cache of a source is damaged and made anew')
      await objects.remake(revision)
      await fetchOnce(revision)
    },
  })

  async function ask(): Promise<RemoteHead> {
    const { branch, globalConfig, cache, credentialsFile } = options
    const credentials = await findCredentials(location, credentialsFile)
    if (/^https?:/i.test(location.argument)) secrets = Object.values(credentials)
    return askHead({ location, branch, credentials, globalConfig, cwd: cache })
  }

  function fetchOnce(revision: string): Promise<void> {
    const started = fetching.get(revision) ?? fetch(revision).finally(() => fetching.delete(revision))
    fetching.set(revision, started)
    return started
  }

  async function fetch(revision: string): Promise<void> {
    try {
      await objects.fetchCommit(revision).catch((error) => {
        if (!refusesCommits(error)) throw error
        return fetchByBranch(revision)
      })
    } catch (error) {
      throw isLocalFault(error) ? error : translated(error)
    }
  }

  /** For servers that only hand out what a branch points at now. */
  async function fetchByBranch(revision: string): Promise<void> {
    const branch = options.branch ?? head?.branch ?? ''
    if (branch !== '') await objects.fetchBranch(revision, branch)
    if (branch !== '' && (await objects.has(revision))) return
    throw new SetpointError('SOURCE_UNREACHABLE', `${location.display} no longer has ${revision}.`, {
      hint: 'The branch was probably force-pushed; the next look takes its new head.',
    })
  }

  /**
   * Copies a revision that was read in place into the cache, where neither gc nor a force-push takes it away.
   * Later, since at this moment the machine has the rollout to do.
   */
  function pinLater(revision: string): void {
    if (location.path === null) return
    clearTimeout(pinning?.timer)
    pinning = { revision, timer: setTimeout(() => void pin(), PIN_DELAY).unref() }
  }

  async function pin(): Promise<void> {
    const revision = pinning?.revision
    pinning = undefined
    if (revision === undefined || (await objects.has(revision))) return
    await fetchOnce(revision).catch((error) => {
      const { message } = translated(error)
      log.warn({ url: location.display, revision, error: message }, 'Revision of a source is not kept')
    })
  }

  function translated(error: unknown): SetpointError {
    return sourceError(error, { display: location.display, secrets })
  }

  function fail(error: unknown): never {
    throw translated(error)
  }

  return {
    location,
    branch: () => options.branch ?? head?.branch ?? '',
    latest,
    async read(revision, directory) {
      checkRevision(revision, location)
      const tree = await readTree(revision, directory).catch(fail)
      pinLater(revision)
      return tree
    },
    async close() {
      clearTimeout(pinning?.timer)
      await pin()
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

function refusesCommits(error: unknown): boolean {
  return (
    error instanceof GitFailure &&
    /unadvertised object|not our ref|upload-pack: not our ref|couldn't find remote ref/i.test(error.stderr)
  )
}
