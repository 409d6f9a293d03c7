import type { Problem } from '../../../schemas/problem.ts'
import { MAX_FILE_BYTES, type SourceFile, type SourceTree } from '../../../schemas/source.ts'
import { errorIn } from '../problems.ts'
import { notThere, realPath } from './real-path.ts'
import { type Folder, folderAt, hasFolder } from './tree-paths.ts'

/** A file of the tree, or why there is none. */
export type Found = { file: SourceFile; bytes: Buffer } | NotRead

export interface NotRead {
  problem: string
  /** Told apart: a file that may be absent is no problem then. */
  missing: boolean
  /** The problem without the path, for where that stands before it. */
  reason?: string
}

/** The problem of a file that cannot be read, told of the file itself. */
export function notRead(path: string, { problem, missing, reason }: NotRead): Problem {
  return errorIn(path, missing ? 'there is no such file' : (reason ?? problem))
}

/**
 * The files of a tree, by value. Symlinks are followed inside the tree only. Every look-up, also one that found
 * nothing, is noted, so that a result can be kept until one of them would answer otherwise.
 */
export interface Files {
  read(path: string): Found
  /** All files below a folder; undefined where there is no such folder. */
  list(folder: string): Folder | undefined
  /** What tells two contents of a path apart; undefined where there is no such file. */
  identity(path: string): string | undefined
  /** What was looked at: path to identity. */
  seen: Map<string, string | undefined>
}

export function filesOf(tree: SourceTree): Files {
  const seen = new Map<string, string | undefined>()
  return { seen, read, list, identity }

  function list(folder: string): Folder | undefined {
    const place = realPath(folder, { look, isFolder })
    if ('problem' in place) return undefined
    const key = `${place.path}//`
    seen.set(key, identity(key))
    return folderAt(tree, place.path)
  }

  function read(path: string): Found {
    const place = realPath(path, { look, isFolder })
    if ('problem' in place) return place
    const file = look(place.path)
    if (!file) return notThere(path, place)
    if (!file.content) {
      const reason = `has ${file.size} bytes; at most ${MAX_FILE_BYTES} are read`
      return { problem: `${describe(path, place.path)} ${reason}`, missing: false, reason }
    }
    return { file, bytes: file.content }
  }

  function look(path: string): SourceFile | undefined {
    seen.set(path, identity(path))
    return tree.files.get(path)
  }

  function identity(path: string): string | undefined {
    if (path.endsWith('/.')) return hasFolder(tree, path.slice(0, -2)) ? 'folder' : undefined
    if (path.endsWith('//')) return folderAt(tree, path.slice(0, -2))?.identity()
    const file = tree.files.get(path)
    return file && `${file.kind} ${file.hash}`
  }

  /** What is no folder now may become one, and the other way round: its being there is noted, not what is in it. */
  function isFolder(path: string): boolean {
    const key = `${path}/.`
    seen.set(key, identity(key))
    return hasFolder(tree, path)
  }
}

function describe(path: string, real: string): string {
  return path === real ? path : `${path} (${real})`
}
