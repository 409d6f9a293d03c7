import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const MAX_POINTER_BYTES = 8192

/** A repository on this machine: a work tree, a linked work tree, or a bare one. */
export interface LocalRepository {
  /** Where HEAD is. */
  gitDirectory: string
  /** Where branches and objects are; another folder than `gitDirectory` for a linked work tree. */
  commonDirectory: string
}

/** The repository at a path, or null when there is none. Nothing is run and no configuration of it is read. */
export function findLocalRepository(path: string): LocalRepository | null {
  try {
    const dotGit = join(path, '.git')
    if (existsSync(dotGit)) return describe(statSync(dotGit).isFile() ? linked(dotGit) : dotGit)
    return describe(path)
  } catch {
    return null // it vanished while being looked at
  }
}

function linked(dotGit: string): string {
  const target = /^gitdir: (.+)$/m.exec(small(dotGit))?.[1]
  return resolve(dirname(dotGit), target?.trim() ?? 'nowhere')
}

/** These files hold one path; whoever writes more into one does not get it read. */
function small(path: string): string {
  return statSync(path).size <= MAX_POINTER_BYTES ? readFileSync(path, 'utf8') : ''
}

function describe(directory: string): LocalRepository | null {
  if (!existsSync(join(directory, 'HEAD'))) return null
  const gitDirectory = realpathSync(directory)
  const pointer = join(gitDirectory, 'commondir')
  const common = existsSync(pointer) ? small(pointer).trim() : '.'
  const commonDirectory = resolve(gitDirectory, common)
  const complete = ['objects', 'refs'].every((name) => existsSync(join(commonDirectory, name)))
  return complete ? { gitDirectory, commonDirectory } : null
}
