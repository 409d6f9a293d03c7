import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../schemas/log.ts'
import { MAX_TREE_BYTES, MAX_TREE_FILES } from '../../schemas/source.ts'
import { parseBatch } from './blobs.ts'
import { findCredentials } from './credentials.ts'
import { type EnvironmentOptions, gitEnvironment } from './environment.ts'
import { type GitCall, GitFailure, git, gitCatFile } from './git.ts'
import { MAX_LISTING_BYTES } from './listing.ts'
import { redact } from './redact.ts'
import type { Location } from './source-location.ts'

/** Milliseconds. */
const LOCAL_DEADLINE = 60_000
const FETCH_DEADLINE = 180_000
const PINS = 'refs/setpoint/revisions'
const MAX_PINS = 100
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
  const { location } = options
  const base = join(options.cache, createHash('sha256').update(location.argument).digest('hex').slice(0, 16))
  let turn: Promise<unknown> = Promise.resolve()
  let making: Promise<void> | undefined
  let fetches = 0

  /** A repository knows one kind of hash, so one that moved to SHA-256 gets a second cache. */
  const folder = (revision: string) => (revision.length === 64 ? `${base}-sha256.git` : `${base}.git`)

  function exclusive<T>(task: () => Promise<T>): Promise<T> {
    const result = turn.then(task)
    turn = result.catch(() => {})
    return result
  }

  async function call(revision: string, args: string[], environment: EnvironmentOptions): Promise<GitCall> {
    await ensure(revision)
    const env = gitEnvironment(location, environment)
    return { args, cwd: folder(revision), env, deadline: LOCAL_DEADLINE }
  }

  async function ensure(revision: string): Promise<void> {
    if (making === undefined && existsSync(join(folder(revision), 'HEAD'))) return
    making ??= make(revision).finally(() => {
      making = undefined
    })
    await making
  }

  async function make(revision: string): Promise<void> {
    await mkdir(options.cache, { recursive: true, mode: 0o700 })
    const format = revision.length === 64 ? 'sha256' : 'sha1'
    await git({
      args: ['init', '--bare', '--template=', `--object-format=${format}`, folder(revision)],
      cwd: options.cache,
      env: gitEnvironment(location),
      deadline: LOCAL_DEADLINE,
    })
  }

  async function fetch(revision: string, refspec: string): Promise<void> {
    const credentials = await findCredentials(location, options.credentialsFile)
    const { globalConfig } = options
    const environment = { credentials, ...(globalConfig !== undefined && { globalConfig }) }
    const flags = ['--depth', '1', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head']
    const args = ['fetch', ...flags, '--no-auto-maintenance', '--', location.argument, refspec]
    await git({ ...(await call(revision, args, environment)), deadline: FETCH_DEADLINE })
    fetches += 1
    if (fetches % FETCHES_BETWEEN_CLEANINGS === 0) cleanLater(revision)
  }

  function cleanLater(revision: string): void {
    exclusive(() => clean(revision)).catch((error) => {
      const said = error instanceof GitFailure ? redact(error.stderr) : String(error)
      options.log.warn({ url: location.display, error: said }, 'Cache of a source could not be cleaned')
    })
  }

  async function clean(revision: string): Promise<void> {
    const args = ['for-each-ref', '--sort=-creatordate', '--format=%(refname)', PINS]
    const refs = (await git(await call(revision, args, {}))).split('\n').filter((ref) => ref !== '')
    const input = refs.slice(MAX_PINS).map((ref) => `delete ${ref}\n`)
    if (input.length > 0) {
      await git({ ...(await call(revision, ['update-ref', '--stdin'], {})), input: input.join('') })
    }
    await git(await call(revision, ['gc', '--prune=now'], {}))
  }

  return {
    async list(revision, directory, alternates) {
      const path = directory === '' ? [] : ['--', `${directory}/`]
      const args = ['ls-tree', '-r', '-z', '-l', '--full-tree', revision, ...path]
      return git({ ...(await call(revision, args, { alternates })), maxOutput: MAX_LISTING_BYTES })
    },
    async contents(revision, hashes, alternates) {
      if (hashes.length === 0) return new Map()
      const input = `${hashes.join('\n')}\n`
      const maxOutput = MAX_TREE_BYTES + MAX_TREE_FILES * 100
      return parseBatch(
        await gitCatFile({ ...(await call(revision, ['--batch'], { alternates })), input, maxOutput }),
      )
    },
    async has(revision) {
      const args = ['rev-parse', '--verify', '--end-of-options', `${PINS}/${revision}`]
      return git(await call(revision, args, {})).then(
        () => true,
        () => false,
      )
    },
    fetchCommit: (revision) => exclusive(() => fetch(revision, `+${revision}:${PINS}/${revision}`)),
    fetchBranch: (revision, branch) =>
      exclusive(async () => {
        await fetch(revision, `+refs/heads/${branch}:refs/setpoint/heads/${branch}`)
        const held = ['update-ref', `${PINS}/${revision}`, revision]
        await git(await call(revision, held, {})).catch(() => {}) // the branch has moved on; `has` tells
      }),
    remake: (revision) =>
      exclusive(async () => {
        await rm(folder(revision), { recursive: true, force: true })
        await ensure(revision)
      }),
    idle: async () => {
      await turn
    },
  }
}
