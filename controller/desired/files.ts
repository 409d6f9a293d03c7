import { posix } from 'node:path'
import type { Problem } from '../../schemas/problem.ts'
import { MAX_FILE_BYTES, type SourceFile, type SourceTree } from '../../schemas/source.ts'
import { outside } from './inside.ts'
import { errorIn } from './report.ts'
import { type Folder, folderAt, hasFolder } from './tree-paths.ts'
import { quote } from './yaml/node.ts'

const MAX_LINKS = 40
/** As long as a path of Linux may be (path_resolution(7)). */
const MAX_PATH = 4096

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
    const place = resolve(folder)
    if ('problem' in place) return undefined
    const key = `${place.path}//`
    seen.set(key, identity(key))
    return folderAt(tree, place.path)
  }

  function read(path: string): Found {
    const place = resolve(path)
    if ('problem' in place) return place
    const file = look(place.path)
    if (!file) return place.isLinked ? dangling(path, place.path) : missing(path)
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

  /** The path without symlinks in it, part by part as the kernel walks it. */
  function resolve(path: string): Resolved | NotRead {
    if (path.length > MAX_PATH) return tooLong(path)
    if (posix.isAbsolute(path)) return outside(path)
    const todo = partsOf(path)
    const done: string[] = []
    let links = 0
    for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
      if (part === '..') {
        if (done.pop() === undefined) return outside(path)
        continue
      }
      const here = [...done, part].join('/')
      const file = look(here)
      if (file?.kind !== 'symlink') {
        if (todo.length > 0 && !file && !isFolder(here))
          return links > 0 ? dangling(path, here) : missing(path)
        done.push(part)
        continue
      }
      const target = file.content?.toString('utf8') ?? ''
      if (target.length > MAX_PATH) return tooLong(target)
      if (posix.isAbsolute(target)) return outside(path, target)
      if (++links > MAX_LINKS) return circle(path)
      todo.push(...partsOf(target))
    }
    return { path: done.join('/'), isLinked: links > 0 }
  }

  /** What is no folder now may become one, and the other way round: its being there is noted, not what is in it. */
  function isFolder(path: string): boolean {
    const key = `${path}/.`
    seen.set(key, identity(key))
    return hasFolder(tree, path)
  }
}

interface Resolved {
  path: string
  /** A symlink was followed on the way. */
  isLinked: boolean
}

/** The parts of a path that lead anywhere, the last one first. */
function partsOf(path: string): string[] {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .reverse()
}

function missing(path: string) {
  return { problem: `there is no file ${path}`, missing: true }
}

/** A link that leads nowhere is a mistake, also where a file may be absent. */
function dangling(path: string, target: string) {
  const reason = `is a symlink to ${target}, and there is no such file`
  return { problem: `${path} ${reason}`, missing: false, reason }
}

function tooLong(path: string) {
  return { problem: `${quote(path)} is longer than the ${MAX_PATH} characters of a path`, missing: false }
}

function circle(path: string): NotRead {
  const reason = 'is a symlink that leads round in a circle'
  return { problem: `${path} ${reason}`, missing: false, reason }
}

function describe(path: string, real: string): string {
  return path === real ? path : `${path} (${real})`
}
