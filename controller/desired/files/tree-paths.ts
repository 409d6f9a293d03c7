import { digest } from '../../../schemas/canonical.ts'
import type { SourceFile, SourceTree } from '../../../schemas/source.ts'
import { compare } from '../order.ts'

/** The paths of a tree in order, in which those of a folder stand together; sorted once a tree. */
export function sortedPaths(tree: SourceTree): readonly string[] {
  const known = SORTED.get(tree)
  if (known) return known
  const sorted = [...tree.files.keys()].sort(compare)
  SORTED.set(tree, sorted)
  return sorted
}

const SORTED = new WeakMap<SourceTree, readonly string[]>()

/** The paths that begin with a prefix, such as `web/`, in order. */
function pathsBelow(tree: SourceTree, prefix: string): string[] {
  const paths = sortedPaths(tree)
  const first = firstFrom(paths, prefix)
  let end = first
  while (paths[end]?.startsWith(prefix)) end++
  return paths.slice(first, end)
}

/** Whether a tree has a folder, which is there when a file is in it. */
export function hasFolder(tree: SourceTree, folder: string): boolean {
  const paths = sortedPaths(tree)
  return paths[firstFrom(paths, `${folder}/`)]?.startsWith(`${folder}/`) ?? false
}

/** All files below a folder. One folder of a tree is one value, so that what is made of it can be kept with it. */
export interface Folder {
  /** What their paths begin with: empty, or with a slash at its end. */
  prefix: string
  /** In the order of their paths. */
  files: readonly SourceFile[]
  /** What changes when one of the files does. */
  identity(): string
}

/** Undefined when no file is in the folder, which the root has the empty path of. */
export function folderAt(tree: SourceTree, folder: string): Folder | undefined {
  const known = FOLDERS.get(tree) ?? new Map<string, Folder | undefined>()
  FOLDERS.set(tree, known)
  if (!known.has(folder)) known.set(folder, readFolder(tree, folder === '' ? '' : `${folder}/`))
  return known.get(folder)
}

const FOLDERS = new WeakMap<SourceTree, Map<string, Folder | undefined>>()

function readFolder(tree: SourceTree, prefix: string): Folder | undefined {
  const files = pathsBelow(tree, prefix).flatMap((path) => tree.files.get(path) ?? [])
  if (files.length === 0) return undefined
  let identity: string | undefined
  return {
    prefix,
    files,
    identity() {
      identity ??= digest(files.map(({ path, kind, hash }) => [path, kind, hash]))
      return identity
    },
  }
}

/** The index of the first path that does not come before the one given. */
function firstFrom(paths: readonly string[], wanted: string): number {
  let [low, high] = [0, paths.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare(paths[middle] ?? '', wanted) < 0) low = middle + 1
    else high = middle
  }
  return low
}
