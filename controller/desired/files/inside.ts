import { posix } from 'node:path'
import type { Files, NotRead } from './files.ts'

/** The same files, of which none is asked for by a path that leads out of the checkout. */
export function insideOnly(files: Files): Files {
  return {
    ...files,
    read: (path) => (isOutside(path) ? outside(path) : files.read(path)),
    list: (folder) => (isOutside(folder) ? undefined : files.list(folder)),
  }
}

export function isOutside(path: string): boolean {
  const clean = posix.normalize(path)
  return posix.isAbsolute(clean) || clean === '..' || clean.startsWith('../')
}

/** @param target where a symlink on the way leads to */
export function outside(path: string, target?: string): NotRead {
  const how = target === undefined ? '' : ` through a symlink to ${target}`
  const reason = `leads out of the checkout${how}; only files of the repository are read`
  return { problem: `${path} ${reason}`, missing: false, reason }
}
