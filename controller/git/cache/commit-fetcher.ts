import { SetpointError } from '../../../schemas/error.ts'
import { GitFailure } from '../call/git.ts'
import { isLocalFault } from '../call/git-error.ts'
import type { ObjectCache } from './object-cache.ts'

export interface CommitFetcherOptions {
  /** For messages: where it is fetched from. */
  display: string
  objects: Pick<ObjectCache, 'fetchCommit' | 'fetchBranch' | 'has'>
  /** The branch that probably leads to it; empty when none is known. */
  branch(): string
  translated(error: unknown): SetpointError
}

/**
 * What fetches a commit into the cache; callers that want the same one share a fetch. It throws SetpointError, or
 * GitFailure for what is wrong with the cache itself.
 */
export function commitFetcher(options: CommitFetcherOptions): (revision: string) => Promise<void> {
  const { objects } = options
  const fetching = new Map<string, Promise<void>>()

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
      throw isLocalFault(error) ? error : options.translated(error)
    }
  }

  /** For servers that only hand out what a branch points at now. */
  async function fetchByBranch(revision: string): Promise<void> {
    const branch = options.branch()
    if (branch !== '') await objects.fetchBranch(revision, branch)
    if (branch !== '' && (await objects.has(revision))) return
    throw new SetpointError('SOURCE_UNREACHABLE', `${options.display} no longer has ${revision}.`, {
      hint: 'The branch was probably force-pushed; the next look takes its new head.',
    })
  }

  return fetchOnce
}

function refusesCommits(error: unknown): boolean {
  return (
    error instanceof GitFailure &&
    /unadvertised object|not our ref|upload-pack: not our ref|couldn't find remote ref/i.test(error.stderr)
  )
}
