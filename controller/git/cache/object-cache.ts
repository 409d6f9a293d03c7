import { createLimit } from '../../../schemas/common/limit.ts'
import type { Log } from '../../../schemas/log.ts'
import { MAX_TREE_BYTES, MAX_TREE_FILES } from '../../../schemas/source.ts'
import { GitFailure, git, gitCatFile } from '../call/git.ts'
import { MAX_LISTING_BYTES } from '../listing.ts'
import { findCredentials } from '../location/credentials.ts'
import { redact } from '../location/redact.ts'
import type { Location } from '../location/source-location.ts'
import { parseBatch } from './blobs.ts'
import { openCacheRepository } from './cache-repository.ts'
import { addRef, dropOldRefs, hasRef, refOf } from './revision-refs.ts'

/** Milliseconds. */
const FETCH_DEADLINE = 180_000
const FETCHES_BETWEEN_CLEANINGS = 50

export interface ObjectCacheOptions {
  location: Location
  /** The folder that all caches are in. */
  cache: string
  credentialsFile: string | undefined
  /** A gitconfig to use instead of the user's when fetching. */
  globalConfig: string | undefined
  log: Log
}

/** A bare repository of our own that holds what was fetched of one URL. Each revision in it is held by a ref. */
export interface ObjectCache {
  /** `git ls-tree` of a revision. `alternates` are object databases to look into as well. */
  list(revision: string, directory: string, alternates: string[]): Promise<string>
  contents(revision: string, hashes: string[], alternates: string[]): Promise<Map<string, Buffer>>
  /** True when the cache itself has the revision. */
  has(revision: string): Promise<boolean>
  /** Fetches one commit, without its history. */
  fetchCommit(revision: string): Promise<void>
  /** Fetches the head of a branch, for servers that hand out nothing else. */
  fetchBranch(revision: string, branch: string): Promise<void>
  /** Throws away all that is in the cache of such revisions, and begins a new one. */
  remake(revision: string): Promise<void>
  /** Resolves when nothing is writing to it any more. */
  idle(): Promise<void>
}

/**
 * The cache of a URL. All that writes to it waits for its turn, since git's own locks do not wait.
 * @throws GitFailure from each function
 */
export function openObjectCache(options: ObjectCacheOptions): ObjectCache {
  const { location, cache, log } = options
  const repository = openCacheRepository(location, cache)
  const inTurn = createLimit(1)
  let fetches = 0

  async function fetch(revision: string, refspec: string): Promise<void> {
    const credentials = await findCredentials(location, options.credentialsFile)
    const { globalConfig } = options
    const environment = { credentials, ...(globalConfig !== undefined && { globalConfig }) }
    const flags = ['--depth', '1', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head']
    const args = ['fetch', ...flags, '--no-auto-maintenance', '--', location.argument, refspec]
    await git({ ...(await repository.call(revision, args, environment)), deadline: FETCH_DEADLINE })
    fetches += 1
    if (fetches % FETCHES_BETWEEN_CLEANINGS === 0) cleanLater(revision)
  }

  function cleanLater(revision: string): void {
    inTurn(() => dropOldRefs(repository, revision)).catch((error) => {
      const said = error instanceof GitFailure ? redact(error.stderr) : String(error)
      log.warn({ url: location.display, problem: said }, 'Cache of a source could not be cleaned')
    })
  }

  return {
    async list(revision, directory, alternates) {
      const path = directory === '' ? [] : ['--', `${directory}/`]
      const args = ['ls-tree', '-r', '-z', '-l', '--full-tree', revision, ...path]
      return git({ ...(await repository.call(revision, args, { alternates })), maxOutput: MAX_LISTING_BYTES })
    },
    async contents(revision, hashes, alternates) {
      if (hashes.length === 0) return new Map()
      const call = await repository.call(revision, ['--batch'], { alternates })
      const maxOutput = MAX_TREE_BYTES + MAX_TREE_FILES * 100
      return parseBatch(await gitCatFile({ ...call, input: `${hashes.join('\n')}\n`, maxOutput }))
    },
    has: (revision) => hasRef(repository, revision),
    fetchCommit: (revision) => inTurn(() => fetch(revision, `+${revision}:${refOf(revision)}`)),
    fetchBranch: (revision, branch) =>
      inTurn(async () => {
        await fetch(revision, `+refs/heads/${branch}:refs/setpoint/heads/${branch}`)
        await addRef(repository, revision) // when the branch has moved on, it is not there: `has` tells
      }),
    remake: (revision) => inTurn(() => repository.remake(revision)),
    idle: () => inTurn(async () => {}),
  }
}
