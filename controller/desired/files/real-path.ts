import { posix } from 'node:path'
import type { SourceFile } from '../../../schemas/source.ts'
import { quote } from '../yaml/node.ts'
import type { NotRead } from './files.ts'
import { outside } from './inside.ts'

const MAX_LINKS = 40
/** The longest path that Linux takes, in bytes (path_resolution(7)). */
const MAX_PATH = 4096

export interface RealPath {
  path: string
  /** A symlink was followed on the way. */
  isLinked: boolean
}

interface Tree {
  look(path: string): SourceFile | undefined
  isFolder(path: string): boolean
}

/** The path without symlinks in it, part by part as the kernel walks it; none that leads out of the tree. */
export function realPath(path: string, tree: Tree): RealPath | NotRead {
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
    const file = tree.look(here)
    if (file?.kind === 'symlink') {
      const target = file.content?.toString('utf8') ?? ''
      const refused = refusedLink(path, target, ++links)
      if (refused) return refused
      todo.push(...partsOf(target))
    } else if (todo.length === 0 || file || tree.isFolder(here)) done.push(part)
    else return notThere(path, { path: here, isLinked: links > 0 })
  }
  return { path: done.join('/'), isLinked: links > 0 }
}

/** Why there is no file at a path. A link that leads nowhere is a mistake, also where a file may be absent. */
export function notThere(path: string, { path: target, isLinked }: RealPath): NotRead {
  if (!isLinked) return { problem: `there is no file ${path}`, missing: true }
  const reason = `is a symlink to ${target}, and there is no such file`
  return { problem: `${path} ${reason}`, missing: false, reason }
}

/** The parts of a path that lead anywhere, the last one first. */
function partsOf(path: string): string[] {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .reverse()
}

/** Why the nth link on the way is not followed. */
function refusedLink(path: string, target: string, nth: number): NotRead | undefined {
  if (target.length > MAX_PATH) return tooLong(target)
  if (posix.isAbsolute(target)) return outside(path, target)
  return nth > MAX_LINKS ? circle(path) : undefined
}

function tooLong(path: string): NotRead {
  return { problem: `${quote(path)} is longer than the ${MAX_PATH} characters of a path`, missing: false }
}

function circle(path: string): NotRead {
  const reason = 'is a symlink that leads round in a circle'
  return { problem: `${path} ${reason}`, missing: false, reason }
}
