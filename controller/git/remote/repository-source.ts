import { join } from 'node:path'
import type { Log } from '../../../schemas/log.ts'
import type { Source } from '../source.ts'
import { watchFolders } from '../watch/watch.ts'
import { type StartWatch, type Watching, watching } from '../watch/watching.ts'
import { findLocalRepository, type LocalRepository } from './local-repository.ts'
import type { Repository } from './repository.ts'

/** What the sources of one branch of one repository have in common, closed with the last of them. */
export interface SharedRepository {
  repository: Repository
  watching: Watching
  users: number
}

export function shareRepository(repository: Repository, log: Log): SharedRepository {
  return { repository, watching: watching(startWatch(repository, log)), users: 0 }
}

/** A folder of a repository as a source. */
export function repositorySource(name: string, shared: SharedRepository, directory: string): Source {
  const { repository, watching } = shared
  const wakes = new Set<() => void>()
  let closed = false
  shared.users += 1

  return {
    name,
    url: repository.location.display,
    get branch() {
      return repository.branch()
    },
    async latest() {
      const revision = await repository.latest()
      watching.ensure()
      return revision
    },
    read: (revision) => repository.read(revision, directory),
    async watch(wake) {
      if (repository.location.path === null) return
      wakes.add(wake)
      await watching.add(wake)
    },
    async close() {
      if (closed) return
      closed = true
      for (const wake of wakes) watching.remove(wake)
      shared.users -= 1
      if (shared.users > 0) return
      await watching.close()
      await repository.close()
    },
  }
}

function startWatch(repository: Repository, log: Log): StartWatch {
  return async (onChange, onGone) => {
    const path = repository.location.path
    const found = path === null ? null : findLocalRepository(path)
    if (found === null) return null
    const roots = [...new Set([found.gitDirectory, found.commonDirectory])]
    const ignored = (file: string) => !tellsOfBranches(file, found)
    return watchFolders({ roots, ignored, settle: 0, onChange, onGone, log })
  }
}

/**
 * True for what changes when a branch moves: HEAD, loose and packed refs, reftables. Git makes a lock file first
 * and renames it, so without the locks the first event is the one at which the new commit can be seen.
 */
function tellsOfBranches(file: string, { gitDirectory, commonDirectory }: LocalRepository): boolean {
  if (file.endsWith('.lock')) return false
  if (file === gitDirectory || file === join(gitDirectory, 'HEAD')) return true
  const inCommon = ['', 'packed-refs', 'refs', 'refs/heads', 'reftable'].map((name) =>
    join(commonDirectory, name),
  )
  return (
    inCommon.includes(file) ||
    file.startsWith(`${join(commonDirectory, 'refs/heads')}/`) ||
    file.startsWith(`${join(commonDirectory, 'reftable')}/`)
  )
}
