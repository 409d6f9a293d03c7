import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { SetpointError } from '../../../schemas/error.ts'
import type { Log } from '../../../schemas/log.ts'
import type { SourceTree } from '../../../schemas/source.ts'
import { findLocalRepository } from '../remote/local-repository.ts'
import type { Source } from '../source.ts'
import { sharedRun } from '../watch/shared-run.ts'
import { watchFolders } from '../watch/watch.ts'
import { watching } from '../watch/watching.ts'
import { folderScanner } from './folder-scan.ts'

/** Milliseconds of quiet after which a changed folder is read: an editor writes several files at once. */
const SETTLE = 50
const IGNORED = new Set(['.git', 'node_modules'])
const KEPT_TREES = 2

export interface DirectoryOptions {
  name: string
  /** Absolute. */
  path: string
  /** A folder inside it; empty for all of it. */
  directory: string
  log: Log
}

/**
 * A watched folder as a source, for development. Its revision is a hash of all paths and contents; only the last
 * revisions that `latest` gave can be read, since a folder has no past.
 */
export function openDirectory({ name, path, directory, log }: DirectoryOptions): Source {
  const scan = folderScanner({ root: path, directory, ignored: (entry) => IGNORED.has(entry) })
  const trees: SourceTree[] = []
  const wasRepository = findLocalRepository(path) !== null // then its files are meant, as they lie there
  const watch = watching(async (onChange, onGone) => {
    const root = await realpath(join(path, directory)).catch(() => null)
    if (root === null) return null
    const ignored = (file: string) => file !== root && IGNORED.has(basename(file))
    return watchFolders({ roots: [root], ignored, settle: SETTLE, onChange, onGone, log })
  })

  const look = sharedRun(async () => {
    if (!wasRepository && findLocalRepository(path) !== null) throw becameRepository(path)
    const files = await scan()
    const hash = createHash('sha256')
    for (const file of files) hash.update(JSON.stringify([file.path, file.kind, file.hash]))
    const revision = `folder-${hash.digest('hex').slice(0, 12)}`
    const tree: SourceTree = { revision, files: new Map(files.map((file) => [file.path, file])) }
    trees.unshift(...trees.splice(0).filter((kept) => kept.revision !== revision))
    trees.unshift(tree)
    trees.splice(KEPT_TREES)
    return tree
  })

  return {
    name,
    url: join(path, directory),
    branch: '',
    async latest() {
      const { revision } = await look()
      watch.ensure()
      return revision
    },
    async read(revision) {
      const tree = trees.find((kept) => kept.revision === revision) ?? (await look())
      if (tree.revision === revision) return tree
      throw new SetpointError('SOURCE_UNREACHABLE', `The folder ${path} is no longer at ${revision}.`, {
        hint: 'A folder has no history; use a Git repository to go back to earlier states.',
      })
    },
    watch: (wake) => watch.add(wake),
    close: () => watch.close(),
  }
}

/** It was none at the start, such as a mount point before its disk came: its edits are no commits. */
function becameRepository(path: string): SetpointError {
  return new SetpointError('SOURCE_INVALID', `The folder ${path} has become a Git repository.`, {
    hint: 'Start the controller again, and it follows the commits instead of the files.',
  })
}
