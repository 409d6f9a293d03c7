import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type EnvironmentOptions, gitEnvironment } from '../call/environment.ts'
import { type GitCall, git } from '../call/git.ts'
import type { Location } from '../location/source-location.ts'

/** Milliseconds. */
const LOCAL_DEADLINE = 60_000

/** The bare repository of our own for one URL, which is made when it is used first. */
export interface CacheRepository {
  /** A call of git in it. The revision tells its kind of hash: one that moved to SHA-256 has a second repository. */
  call(revision: string, args: string[], environment?: EnvironmentOptions): Promise<GitCall>
  /** Throws it away with all that is in it, and makes a new one. */
  remake(revision: string): Promise<void>
}

/**
 * @param cache the folder that all caches are in
 * @throws GitFailure from each function
 */
export function openCacheRepository(location: Location, cache: string): CacheRepository {
  const base = join(cache, createHash('sha256').update(location.argument).digest('hex').slice(0, 16))
  const folder = (revision: string) => (isSha256(revision) ? `${base}-sha256.git` : `${base}.git`)
  let making: Promise<void> | undefined

  async function ensure(revision: string): Promise<void> {
    if (making === undefined && existsSync(join(folder(revision), 'HEAD'))) return
    making ??= make(revision).finally(() => {
      making = undefined
    })
    await making
  }

  async function make(revision: string): Promise<void> {
    await mkdir(cache, { recursive: true, mode: 0o700 })
    const format = `--object-format=${isSha256(revision) ? 'sha256' : 'sha1'}`
    await git({
      args: ['init', '--bare', '--template=', format, folder(revision)],
      cwd: cache,
      env: gitEnvironment(location),
      deadline: LOCAL_DEADLINE,
    })
  }

  return {
    async call(revision, args, environment = {}) {
      await ensure(revision)
      const env = gitEnvironment(location, environment)
      return { args, cwd: folder(revision), env, deadline: LOCAL_DEADLINE }
    },
    async remake(revision) {
      await rm(folder(revision), { recursive: true, force: true })
      await ensure(revision)
    },
  }
}

function isSha256(revision: string): boolean {
  return revision.length === 64
}
