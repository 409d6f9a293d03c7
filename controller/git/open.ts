import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import type { SourceOptions } from '../options.ts'
import { type ObjectCache, openObjectCache } from './cache/object-cache.ts'
import { openDirectory } from './folder/directory.ts'
import { checkSource } from './location/source-argument.ts'
import { type Location, locate } from './location/source-location.ts'
import { nameSources } from './names.ts'
import { findLocalRepository } from './remote/local-repository.ts'
import { openRepository } from './remote/repository.ts'
import { repositorySource, type SharedRepository, shareRepository } from './remote/repository-source.ts'
import type { Source } from './source.ts'

export interface OpenOptions {
  /** A folder for what is fetched; made when absent. Losing it loses nothing that cannot be fetched again. */
  cache: string
  log: Log
}

/**
 * Opens all sources, in the order given. Nothing is asked of any repository yet. Sources of the same URL and
 * branch share one repository: one question and one fetch for all of them.
 * @throws SetpointError USAGE when a source is written wrong or twice
 */
export function openSources(options: readonly SourceOptions[], { cache, log }: OpenOptions): Source[] {
  const sources = options.map(checkSource)
  const names = nameSources(sources)
  refuseTwins(sources, names)
  mkdirSync(cache, { recursive: true, mode: 0o700 })
  const share = sharedRepositories(realpathSync(cache), log)
  return sources.map((source, index) => {
    const name = names[index] ?? ''
    const location = locate(source.url)
    if (!isRepository(source, location)) {
      return openDirectory({ name, path: location.path ?? '', directory: source.directory, log })
    }
    return repositorySource(name, share(source, location), source.directory)
  })
}

function refuseTwins(sources: readonly SourceOptions[], names: readonly string[]): void {
  const twin = names.findIndex((name, index) => names.indexOf(name) !== index)
  if (twin < 0) return
  const display = locate(sources[twin]?.url ?? '').display
  throw new SetpointError('USAGE', `The source ${display} is given twice with the same branch and folder.`, {
    hint: 'Leave one of them out.',
  })
}

/**
 * A path with nothing there is taken for a repository too: it may be away for a moment, and what is edited in a work
 * tree must not be deployed before it is committed.
 */
function isRepository(source: SourceOptions, { path }: Location): boolean {
  if (path === null || source.url.startsWith('file:') || source.branch !== undefined) return true
  return findLocalRepository(path) !== null || !existsSync(path)
}

function sharedRepositories(cache: string, log: Log) {
  const objects = new Map<string, ObjectCache>()
  const repositories = new Map<string, SharedRepository>()

  return (source: SourceOptions, location: Location): SharedRepository => {
    const { branch, credentialsFile } = source
    const globalConfig = location.path === null ? undefined : localConfig(cache)
    const identity = [location.argument, location.username, location.password, credentialsFile]
    const url = JSON.stringify(identity)
    const common = { location, cache, credentialsFile, globalConfig, log }
    const shared = objects.get(url) ?? openObjectCache(common)
    objects.set(url, shared)
    const key = JSON.stringify([...identity, branch])
    const repository =
      repositories.get(key) ?? shareRepository(openRepository({ ...common, branch, objects: shared }), log)
    repositories.set(key, repository)
    return repository
  }
}

/**
 * git refuses to serve a repository on this machine that belongs to another user, since its configuration may run
 * commands. Here only `git upload-pack` opens it, which is made for repositories that are not trusted, and whoever
 * named the path lets its owner decide what runs anyway; so the refusal is lifted for these calls alone.
 */
function localConfig(cache: string): string {
  const file = join(cache, 'local.gitconfig')
  writeFileSync(file, '[safe]\n\tdirectory = *\n', { mode: 0o600 })
  return file
}
